import { betaBelow } from './distribution.ts';
import { designEffect, failureRates } from './failures.ts';
import { ascending, quantile } from './order.ts';
import type { Count } from './outcome.ts';
import type { Pair, Side } from './pair.ts';
import { percent, plainVoice, signed, type Voice } from './words.ts';

/** Fewest samples a side for a 95th percentile to be shown, and fewest before for its exceedances to be tested. */
const fewestShown = 60;
const fewestTested = 100;
const share = 0.95;

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

/**
 * Compares the tails of two sides; undefined below 60 samples on one of them. The interval is the percentile bootstrap in the
 * limit of endless draws: the place of a resample's quantile is a beta variable (Hutson & Ernst 2000), so nothing is drawn.
 * Batches count by the design effect of the values beyond the percentile (Woodruff 1952; Kish 1965). The test of exceedances is to be
 * combined with the test of location by Bonferroni, twice the smaller p.
 */
export function judgeTail(pair: Pair): Tail | undefined {
  const { baseline, candidate, better, series } = pair;
  if (Math.min(baseline.values.length, candidate.values.length) < fewestShown) return undefined;
  const sign = better === 'higher' ? -1 : 1;
  const [old, fresh] = [baseline, candidate].map((side) => endOf(side, sign)) as [End, End];
  const both = [old, fresh].every(({ sorted }) => (sign === 1 ? sorted[0]! > 0 : sorted.at(-1)! < 0));
  const interval = both ? ratioInterval(old, fresh) : [null, null];
  const beyondOld = ({ values, batches }: Side) =>
    Array.from(values, (value, i) => ({ batch: batches[i] ?? '', failed: sign * value > old.value }));
  const rates =
    baseline.values.length < fewestTested ? undefined : failureRates(beyondOld(baseline), beyondOld(candidate));
  return {
    series,
    percentile: sign === 1 ? 95 : 5,
    before: { n: old.sorted.length, value: sign * old.value },
    after: { n: fresh.sorted.length, value: sign * fresh.value },
    ratio: both ? fresh.value / old.value : null,
    low: interval[0]!,
    high: interval[1]!,
    beyond: rates ? { before: rates.old, after: rates.fresh, p: rates.worse } : null,
  };
}

interface End {
  /** Mirrored so that greater is worse, ascending. */
  readonly sorted: Float64Array;
  readonly value: number;
  /** Chance of each sorted place to be the quantile. */
  readonly weights: Float64Array;
}

function endOf({ values, batches }: Side, sign: 1 | -1): End {
  const sorted = ascending(values.map((value) => sign * value));
  const value = quantile(sorted, share);
  const n = sorted.length;
  const tries = Array.from(values, (one, i) => ({ batch: batches[i] ?? '', failed: sign * one > value }));
  const size = Math.max(10, n / Math.max(1, designEffect(tries)));
  const weights = new Float64Array(n);
  let below = 0;
  for (let i = 0; i < n; i++) {
    const upTo = betaBelow((i + 1) / n, share * (size - 1) + 1, (1 - share) * (size - 1) + 1);
    weights[i] = upTo - below;
    below = upTo;
  }
  return { sorted, value, weights };
}

function ratioInterval(old: End, fresh: End): readonly [number, number] {
  const ratios: { readonly ratio: number; readonly weight: number }[] = [];
  const likely = 1e-6;
  for (let i = 0; i < old.sorted.length; i++) {
    if (old.weights[i]! < likely) continue;
    for (let j = 0; j < fresh.sorted.length; j++)
      if (fresh.weights[j]! >= likely)
        ratios.push({ ratio: fresh.sorted[j]! / old.sorted[i]!, weight: old.weights[i]! * fresh.weights[j]! });
  }
  ratios.sort((a, b) => a.ratio - b.ratio);
  const all = ratios.reduce((sum, { weight }) => sum + weight, 0);
  const at = (level: number) => {
    let sum = 0;
    for (const { ratio, weight } of ratios) {
      sum += weight;
      if (sum >= level * all) return ratio;
    }
    return ratios.at(-1)!.ratio;
  };
  return [at(0.025), at(0.975)];
}

export function tailSentence(one: Tail, voice: Voice = plainVoice): string {
  const { before, after, ratio, low, high, beyond } = one;
  const moved = after.value > before.value ? 'rose' : after.value < before.value ? 'fell' : 'stayed';
  const ends =
    moved === 'stayed'
      ? `at ${voice.value(after.value)}`
      : `from ${voice.value(before.value)} to ${voice.value(after.value)}`;
  const size =
    ratio === null || low === null || high === null
      ? ''
      : ` (${signed(ratio - 1, percent)} %, 95 % CI ${signed(low - 1, percent)} to ${signed(high - 1, percent)} %)`;
  const past = beyond
    ? `; beyond the old p${one.percentile}: ${beyond.after.failures} of ${beyond.after.tries}, before ${beyond.before.failures} of ${beyond.before.tries}`
    : '';
  return `p${one.percentile} of “${one.series}” ${moved} ${ends}${size}${past}; ${before.n} before, ${after.n} after`;
}
