/** Do no harm: asked before a packet leaves. Each method throws `SpecError` (exit 2) when the answer is no. */
export interface Guard {
  /** A URL, host, SIP address or phone number that is about to be contacted. */
  target(target: string): void;
  /** One call, message or page about to be made; counted against the day's limits. */
  spend(kind: 'call' | 'message'): void;
  /** Digits about to be sent. */
  digits(digits: string): void;
}
