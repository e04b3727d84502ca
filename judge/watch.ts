import type { Judgement } from './judgement.ts';
import type { Wall } from './season.ts';

export interface MarkerOptions {
  /** When the change was made, epoch ms: samples from here on are new. */
  readonly at: number;
  /** Relative: .05 is 5 %. */
  readonly floor: number;
  readonly wall: Wall;
  /** False discovery rate over all series; .05. */
  readonly level?: number;
  /** What one series must reach by itself; 100, "1 %". */
  readonly alone?: number;
  /** Markers open at the same time: each multiplies the family. */
  readonly markers?: number;
}

/** What is known when something is told. */
export interface Telling {
  readonly options: MarkerOptions;
  readonly family: number;
  readonly count: number;
}

/** Evidence about one series after a marker; its samples arrive in order of time. */
export interface Watch {
  readonly times: Float64Array;
  /** First sample at or after the marker. */
  readonly start: number;
  /** log E that it moved towards greater (`up`) or smaller values. */
  readonly log: { readonly up: number; readonly down: number };
  /** Takes sample `i`; true when the evidence was weighed again. */
  arrive(i: number): boolean;
  /** What to say now that the evidence suffices; undefined when the change is below the floor. */
  flag(now: number, telling: Telling): Judgement | undefined;
  /** What to say when nothing was flagged. */
  quiet(telling: Telling): Judgement;
}
