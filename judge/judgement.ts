import type { Count } from './outcome.ts';

export type Kind = 'gate' | 'marker' | 'incident' | 'history';
export type Answer = 'regressed' | 'improved' | 'unchanged' | 'undecided' | 'too-few';
/** `tail`: the bad end of a series moved, its typical value did not. */
export type Shape = 'step' | 'spike' | 'trend' | 'went-away' | 'failures' | 'tail';
export type Better = 'lower' | 'higher';
/** BH and e-BH: `level` is a false discovery rate over the family; alone: a false-alarm rate of this series. */
export type Rule = 'BH' | 'e-BH' | 'alone';
export type Scale = 'log' | 'linear';

export interface Group {
  readonly n: number;
  /** In the unit of the values; null without values. For failures the share. */
  readonly median: number | null;
}

/** What would answer an undecided case. */
export interface Settle {
  readonly runs: number;
  readonly jobs: number;
  /** Half-width of the interval then, as a share (log) or in the unit (linear). */
  readonly within: number;
}

/** The bad end of a step: its 95th percentile, or its 5th where higher is better. */
export interface Tail {
  readonly series: string;
  readonly percentile: 95 | 5;
  readonly before: { readonly n: number; readonly value: number };
  readonly after: { readonly n: number; readonly value: number };
  /** after / before with its 95 % interval; null where a value of 0 or below makes no ratio. */
  readonly ratio: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Values beyond the old percentile on either side, and the one-sided p that there are more now; null below 100 before. */
  readonly beyond: { readonly before: Count; readonly after: Count; readonly p: number } | null;
}

/** An opinion about one series: all that a sentence, a chart and a later re-computation need. Times are epoch ms. */
export interface Judgement {
  readonly series: string;
  readonly kind: Kind;
  readonly verdict: Answer;
  /** Only a confirmed regression fails a gate. */
  readonly confirmed: boolean;
  /** First sample of the new level; null when nothing changed. */
  readonly at: number | null;
  /** The sample at which it could first be said. */
  readonly detected: number | null;
  /** First normal sample again; null while it lasts. */
  readonly until: number | null;
  readonly type: Shape | null;
  readonly before: Group;
  readonly after: Group;
  readonly scale: Scale;
  /** After / before; null on the linear scale. */
  readonly ratio: number | null;
  /** 95 % interval of `ratio`, or of `difference` on the linear scale; null where unbounded. */
  readonly low: number | null;
  readonly high: number | null;
  /** After − before, on the linear scale and for failures. */
  readonly difference: number | null;
  readonly p: number | null;
  readonly e: number | null;
  /** How many hypotheses were looked at together, how many flagged, and the rule that held them to account. */
  readonly family: { readonly size: number; readonly flagged: number; readonly rule: Rule; readonly level: number };
  /** Noise found: `sigma` within, `tau` between batches (or days), `inflation` by autocorrelation. */
  readonly noise: { readonly sigma: number; readonly tau: number; readonly inflation: number };
  readonly floor: number;
  readonly settle: Settle | null;
  /** What was corrected for or left out, in words. */
  readonly notes: readonly string[];
  /** The bad end of what a gate found, from 60 samples a side. */
  readonly tail?: Tail;
  /** Where durations and failures were both judged, the two opinions. */
  readonly details?: { readonly values: Judgement; readonly failures: Judgement };
}
