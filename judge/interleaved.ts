import { normalQuantile, normalTail } from './distribution.ts';
import type { GateOptions } from './gate.ts';
import type { Better, Judgement, Scale } from './judgement.ts';
import { rejectByP } from './multiplicity.ts';
import { ascending, median, quantile, spread } from './order.ts';
import type { Interval } from './shift.ts';

/** Old and new walked side by side: value i of both sides is one pair, on the same runner at about the same time. */
export interface Interleaved {
  readonly series: string;
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly scale: Scale;
  readonly better: Better;
  /** First and last time, epoch ms. */
  readonly from: number;
  readonly to: number;
}

/** P(W+ >= w), one-sided: exact by the shift algorithm on midranks up to 60 differences other than 0, else normal. */
export function signedRank(differences: ArrayLike<number>): { readonly w: number; readonly p: number } {
  const kept = Array.from(differences).filter((one) => one !== 0);
  const n = kept.length;
  if (n === 0) return { w: 0, p: 1 };
  const order = [...kept.keys()].sort((a, b) => Math.abs(kept[a]!) - Math.abs(kept[b]!));
  const doubled = new Float64Array(n);
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && Math.abs(kept[order[to]!]!) === Math.abs(kept[order[from]!]!)) to++;
    for (let i = from; i < to; i++) doubled[order[i]!] = from + to + 1;
    from = to;
  }
  const twice = doubled.reduce((sum, rank, i) => sum + (kept[i]! > 0 ? rank : 0), 0);
  if (n > 60) {
    const square = doubled.reduce((sum, rank) => sum + (rank / 2) ** 2, 0) / 4;
    return { w: twice / 2, p: normalTail((twice / 2 - (n * (n + 1)) / 4 - 0.5) / Math.sqrt(square)) };
  }
  const ways = waysOf(doubled);
  let above = 0;
  for (let s = ways.length - 1; s >= twice; s--) above += ways[s]!;
  return { w: twice / 2, p: Math.min(1, above) };
}

/** Share of sign patterns by the sum of the ranks with a plus. */
function waysOf(ranks: Float64Array): Float64Array {
  const ways = new Float64Array(ranks.reduce((sum, rank) => sum + rank, 0) + 1);
  ways[0] = 1;
  let top = 0;
  for (const rank of ranks) {
    top += rank;
    for (let s = top; s >= 0; s--) ways[s] = (ways[s]! + (s >= rank ? ways[s - rank]! : 0)) / 2;
  }
  return ways;
}

/** Hodges-Lehmann centre of differences: median of the Walsh averages, with the interval that inverts the signed-rank test (Lehmann, Nonparametrics, 4.4). */
export function centre(differences: ArrayLike<number>): Interval {
  const n = differences.length;
  if (n === 0) return { estimate: Number.NaN, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const walsh = new Float64Array((n * (n + 1)) / 2);
  let k = 0;
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) walsh[k++] = (differences[i]! + differences[j]!) / 2;
  walsh.sort();
  const cut = cutOf(n);
  const estimate = quantile(walsh, 0.5);
  if (cut === 0) return { estimate, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return { estimate, low: walsh[cut - 1]!, high: walsh[walsh.length - cut]! };
}

/** Largest c with P(W+ <= c − 1) <= .025. */
function cutOf(n: number): number {
  if (n > 60) {
    const square = (n * (n + 1) * (2 * n + 1)) / 24;
    return Math.floor((n * (n + 1)) / 4 - normalQuantile(0.025) * Math.sqrt(square));
  }
  const ways = waysOf(Float64Array.from({ length: n }, (_, i) => i + 1));
  let below = 0;
  let c = 0;
  while (below + ways[c]! <= 0.025) below += ways[c++]!;
  return c;
}

/**
 * Judges interleaved runs: differences within pairs, so that what both sides share (runner, hour, route) cancels and no τ is
 * needed. Flagged and confirmed as in `judgeGate`.
 */
export function judgeInterleaved(trials: readonly Interleaved[], options: GateOptions): readonly Judgement[] {
  const weighed = trials.map((trial) => {
    const differences = differencesOf(trial);
    const level = Math.abs(median(trial.before)) || 0;
    const floor = trial.scale === 'log' ? Math.log1p(options.floor) : options.floor * level;
    const up = signedRank(differences).p;
    const down = signedRank(differences.map((one) => -one)).p;
    return { trial, interval: centre(differences), up, down, floor, differences };
  });
  const size = Math.max(1, trials.length);
  const level = options.flagged ?? 0.05;
  const sides = (['up', 'down'] as const).map((side) => {
    const p = weighed.map((one) => one[side]);
    return { flagged: rejectByP(p, level, size), confirmed: rejectByP(p, options.confirmed ?? 0.01, size) };
  });
  const hit = (k: number, { interval, floor }: { interval: Interval; floor: number }) => {
    if (sides[0]!.flagged[k] && interval.estimate >= Math.max(floor, Number.MIN_VALUE))
      return { worse: true, confirmed: sides[0]!.confirmed[k]! && interval.low >= floor };
    if (sides[1]!.flagged[k] && -interval.estimate >= Math.max(floor, Number.MIN_VALUE))
      return { worse: false, confirmed: sides[1]!.confirmed[k]! && -interval.high >= floor };
    return undefined;
  };
  const hits = weighed.map((one, k) => hit(k, one));
  const family = { size, flagged: hits.filter(Boolean).length, rule: 'BH', level } as const;
  return weighed.map(({ trial, interval, up, down, floor, differences }, k): Judgement => {
    const said = hits[k];
    const within = interval.low >= -floor && interval.high <= floor;
    const few = 2 ** -differences.length > level / size;
    return {
      series: trial.series,
      kind: 'gate',
      verdict: said ? (said.worse ? 'regressed' : 'improved') : within ? 'unchanged' : few ? 'too-few' : 'undecided',
      confirmed: said?.confirmed ?? false,
      at: said ? trial.from : null,
      detected: said ? trial.to : null,
      until: null,
      type: said ? 'step' : null,
      ...shown(trial, interval),
      p: Math.min(up, down),
      e: null,
      family,
      noise: { sigma: spread(differences) || 0, tau: 0, inflation: 1 },
      floor: options.floor,
      settle: null,
      notes: [`${differences.length} interleaved pairs: what both sides share cancels`],
    };
  });
}

/** after − before on the scale, mirrored so that greater is worse; pairs with a missing side are left out. */
function differencesOf({ before, after, scale, better }: Interleaved): Float64Array {
  const sign = better === 'higher' ? -1 : 1;
  const of = (value: number) => (scale === 'log' ? Math.log(value) : value);
  const all = before.map((old, i) => sign * (of(after[i] ?? Number.NaN) - of(old)));
  return all.filter((one) => Number.isFinite(one));
}

function shown(trial: Interleaved, interval: Interval) {
  const sign = trial.better === 'higher' ? -1 : 1;
  const log = trial.scale === 'log';
  const value = (one: number) => (Number.isFinite(one) ? (log ? Math.exp(sign * one) : sign * one) : null);
  const group = (values: Float64Array) => {
    const real = ascending(values.filter((one) => !Number.isNaN(one)));
    return { n: real.length, median: real.length > 0 ? quantile(real, 0.5) : null };
  };
  return {
    before: group(trial.before),
    after: group(trial.after),
    scale: trial.scale,
    ratio: log ? value(interval.estimate) : null,
    low: value(sign === 1 ? interval.low : interval.high),
    high: value(sign === 1 ? interval.high : interval.low),
    difference: log ? null : value(interval.estimate),
  };
}
