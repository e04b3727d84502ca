/** Do no harm: asked before a packet leaves. Each method throws `SpecError` (exit 2) when the answer is no. */
export interface Guard {
  /** A URL, host, SIP address or phone number that is about to be contacted. */
  target(target: string): void;
  /** One message about to be sent; counted against the day's limit. */
  spend(kind: 'message'): void;
  /** One call about to be made; counted against those of the day and those at once. To be disposed when it is over: its minutes count too. */
  call(): Disposable;
  /** Digits about to be sent. */
  digits(digits: string): void;
}
