import { type Batched, clipped } from './batch.ts';
import { betaBelow } from './distribution.ts';
import { designEffect, failureRates } from './failures.ts';
import type { GateOptions } from './gate.ts';
import type { Judgement, Tail } from './judgement.ts';
import { rejectByP } from './multiplicity.ts';
import { ascending, mean, quantile } from './order.ts';
import { onScale, type Pair, type Side } from './pair.ts';

/** Fewest samples a side for a 95th percentile to be shown, and fewest before for its exceedances to be tested. */
const fewestShown = 60;
const fewestTested = 100;
const share = 0.95;
/** Factor on the variance from which on neighbours are alike. */
const alike = 1.05;

/**
 * Compares the tails of two sides; undefined below 60 samples on one of them. The interval is the percentile bootstrap in the
 * limit of endless draws: the place of a resample's quantile is a beta variable (Hutson & Ernst 2000), so nothing is drawn.
 * Batches count by the design effect of the values beyond the percentile (Woodruff 1952; Kish 1965).
 */
export function judgeTail(pair: Pair): Tail | undefined {
  const { baseline, candidate, better, series, inflation = 1 } = pair;
  if (Math.min(baseline.values.length, candidate.values.length) < fewestShown) return undefined;
  const sign = better === 'higher' ? -1 : 1;
  const [old, fresh] = [baseline, candidate].map((side) => endOf(side, { sign, inflation })) as [End, End];
  const both = [old, fresh].every(({ sorted }) => (sign === 1 ? sorted[0]! > 0 : sorted.at(-1)! < 0));
  const interval = both ? ratioInterval(old, fresh) : [null, null];
  const p = heavier(pair);
  const count = ({ values }: Side) => ({
    failures: values.filter((value) => sign * value > old.value).length,
    tries: values.length,
  });
  return {
    series,
    percentile: sign === 1 ? 95 : 5,
    before: { n: old.sorted.length, value: sign * old.value },
    after: { n: fresh.sorted.length, value: sign * fresh.value },
    ratio: both ? fresh.value / old.value : null,
    low: interval[0]!,
    high: interval[1]!,
    beyond: p === undefined ? null : { before: count(baseline), after: count(candidate), p },
  };
}

interface End {
  /** Mirrored so that greater is worse, ascending. */
  readonly sorted: Float64Array;
  readonly value: number;
  /** Chance of each sorted place to be the quantile. */
  readonly weights: Float64Array;
}

function endOf(
  { values, batches }: Side,
  { sign, inflation }: { readonly sign: 1 | -1; readonly inflation: number },
): End {
  const sorted = ascending(values.map((value) => sign * value));
  const value = quantile(sorted, share);
  const n = sorted.length;
  const tries = Array.from(values, (one, i) => ({ batch: batches[i] ?? '', failed: sign * one > value }));
  const size = Math.max(10, n / (Math.max(1, designEffect(tries)) * inflation));
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

/**
 * One-sided p that more values lie far out on the worse side than before: exceedances of the old percentile (Fisher), of what is left of
 * each value without the level of its batch. A batch that was slower altogether is not a heavier tail. Undefined below 100 before or 60
 * after, where one side has batches of several and the other of one, and where neighbours are alike without batches: what wanders is no tail.
 */
function heavier({ baseline, candidate, scale, better, inflation = 1 }: Pair): number | undefined {
  if (inflation > alike) return undefined;
  if (baseline.values.length < fewestTested || candidate.values.length < fewestShown) return undefined;
  const [old, fresh] = [baseline, candidate].map((side) => levelled(onScale(side, { scale, better })));
  if (!old || !fresh || old.single !== fresh.single) return undefined;
  const limit = quantile(ascending(old.values), share);
  const beyond = ({ values, batches }: Batched) =>
    Array.from(values, (value, i) => ({ batch: batches[i]!, failed: value > limit }));
  return failureRates(beyond(old), beyond(fresh))?.worse;
}

/**
 * Values about the middle of their batch, at the scatter that one value has about the level of all; those of batches of one are left out.
 * Where every batch is of one there is no level to take off.
 */
function levelled(side: Batched): Batched & { readonly single: boolean } {
  const groups = Map.groupBy(side.values.keys(), (i) => side.batches[i]!);
  if (groups.size === side.values.length) return { ...side, single: true };
  const held = clipped(side.values);
  const values: number[] = [];
  const batches: string[] = [];
  for (const [batch, places] of groups) {
    const size = places.length;
    if (size < 2) continue;
    const middle = mean(places.map((i) => held[i]!));
    for (const i of places) values.push((side.values[i]! - middle) / Math.sqrt(1 - 1 / size));
    batches.push(...places.map(() => batch));
  }
  return { values: Float64Array.from(values), batches, single: false };
}

/**
 * What a gate says, with the tail beside it: of what is found, from 60 samples a side; and where the typical value did not move, a
 * tail that got worse, from 100 before and 60 after. Tails are a family of their own (BH at `level`), beyond the floor and with the whole
 * interval on the worse side; they are never confirmed, so that they shut no gate, and looked for once.
 */
export function withTails(
  judged: readonly Judgement[],
  pairs: readonly Pair[],
  { floor, flagged: level = 0.05, again = false }: GateOptions,
): readonly Judgement[] {
  const tested = (again ? [] : pairs).flatMap((pair, i) => {
    const p = heavier(pair);
    return p === undefined ? [] : [{ i, p }];
  });
  const size = Math.max(1, tested.length);
  const flags = rejectByP(
    tested.map(({ p }) => p),
    level,
    size,
  );
  const hits = new Set(tested.flatMap(({ i }, k) => (flags[k] ? [i] : [])));
  return judged.map((one, i) => {
    const pair = pairs[i]!;
    const found = one.verdict === 'regressed' || one.verdict === 'improved';
    const tail = (found && one.type !== 'failures') || (!found && hits.has(i)) ? judgeTail(pair) : undefined;
    if (!tail) return one;
    if (found) return { ...one, tail };
    if (!grewWorse(tail, floor)) return one;
    return {
      ...one,
      verdict: 'regressed',
      confirmed: false,
      at: pair.from,
      detected: pair.to,
      type: 'tail',
      p: tail.beyond?.p ?? null,
      family: { size, flagged: hits.size, rule: 'BH', level },
      settle: null,
      tail,
    };
  });
}

/** By the floor at least, and surely in that direction. */
function grewWorse({ percentile, ratio, low, high }: Tail, floor: number): boolean {
  if (ratio === null || low === null || high === null) return false;
  return percentile === 95 ? ratio >= 1 + floor && low > 1 : ratio <= 1 / (1 + floor) && high < 1;
}
