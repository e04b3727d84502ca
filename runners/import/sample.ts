/** One look at one step, from elsewhere. */
export interface Imported {
  readonly journey: string;
  readonly step: string;
  /** Epoch ms. */
  readonly at: number;
  /** Absent where it failed. */
  readonly ms?: number;
  readonly failed: boolean;
  /** What shares a run: a CI job, an hour. */
  readonly batch: string;
}
