/** What a command says of the place that it works on. */
export interface Place {
  readonly cwd: string;
  readonly env?: string;
  readonly root?: string;
  /** URL of a running practice contact centre. */
  readonly lab?: string;
  /** Faults of the practice contact centre, when this place starts its own. */
  readonly faults?: Readonly<Record<string, string>>;
  /** False: nothing is started, addresses of the lab are its usual ones. */
  readonly live: boolean;
}
