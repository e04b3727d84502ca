/** One figure of the bench: what was measured, beside a peer in the same run, and whether it is what it should be. */
export interface Row {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: string;
  readonly peerValue?: number;
  readonly goal?: string;
  readonly holds?: boolean;
}

/** What a part of the bench says its figures with, as soon as it has one. */
export type Report = (row: Row) => void;
