import type { Change } from './event.ts';
import type { Status } from './verdict.ts';

/** What makes walks comparable: only like is compared with like. */
export interface Like {
  readonly journey: string;
  readonly environment: string;
  readonly location: string;
  readonly trigger?: string;
  readonly variant?: Readonly<Record<string, string>>;
}

export interface Sample {
  readonly walk: string;
  readonly run: string;
  readonly at: number;
  /** CI job, or location and hour: samples of one batch share their noise. */
  readonly batch: string;
  readonly status: Status;
  /** ms of the first try; undefined where the step failed, was broken or flaky. */
  readonly ms?: number;
  readonly commit?: string;
}

export interface Figure extends Pick<Sample, 'walk' | 'run' | 'at' | 'batch'> {
  readonly value: number;
}

export interface Window {
  /** Epoch ms, inclusive. */
  readonly from?: number;
  /** Epoch ms, exclusive. */
  readonly to?: number;
  /** The newest so many, returned oldest first. */
  readonly last?: number;
  /** Runs to leave out (the candidate). */
  readonly without?: readonly string[];
  /** These runs only. */
  readonly runs?: readonly string[];
  /** Runs of this branch only. */
  readonly branch?: string;
  /** With what a judge found worse and nobody accepted: for the candidate itself, and for people. */
  readonly flagged?: boolean;
}

/** What a judge or a report may ask of the past. */
export interface History {
  steps(like: Like): Promise<readonly string[]>;
  /** Complete walks only, oldest first; without broken, quarantined and excluded ones, and without those of a step that a judge found worse and nobody accepted. */
  samples(like: Like, step: string, window: Window): Promise<readonly Sample[]>;
  /** A figure of a step, or of a session (`''`), as `samples`: the last that each walk noted. */
  metrics(like: Like, step: string, metric: string, window: Window): Promise<readonly Figure[]>;
  /** Runs that people chose as the baseline of a journey. */
  pinned(journey: string): Promise<readonly string[] | undefined>;
  changes(window: Window): Promise<readonly Change[]>;
  /** Whether a gate has judged one of these runs. */
  looked(runs: readonly string[]): Promise<boolean>;
  lastGood(
    like: Like,
    step: string,
    before: number,
  ): Promise<{ readonly run: string; readonly at: number } | undefined>;
}
