import { type BatchFit, fitBatches, type Pooled, poolBatches, shiftError } from './batch.ts';
import { studentQuantile, studentTail } from './distribution.ts';
import { shiftEvidence } from './evidence.ts';
import { failureRates, type Hit, judgeFailures, weight, worseOf } from './failures.ts';
import type { Answer, Judgement, Settle } from './judgement.ts';
import { rejectByP } from './multiplicity.ts';
import { mean, median } from './order.ts';
import { onScale, type Pair, type Side } from './pair.ts';
import { mannWhitney, smallestP } from './rank-test.ts';
import { type Interval, shift } from './shift.ts';

export interface GateOptions {
  /** Relative: .05 is 5 %. */
  readonly floor: number;
  /** False discovery rates of the two levels; .05 and .01. */
  readonly flagged?: number;
  readonly confirmed?: number;
  /** A second or later look at the same gate: only e-values decide then. */
  readonly again?: boolean;
}

const priorTau = 0.03;

interface Weighed {
  readonly pair: Pair;
  readonly interval: Interval;
  /** One-sided p-values (again: 1/E), towards worse and towards better. */
  readonly worse: number;
  readonly better: number;
  readonly error: number;
  readonly tau: number;
  readonly fit: BatchFit;
  readonly floor: number;
  /** The same downwards: infinite where the absolute floor is more than there is to lose. */
  readonly below: number;
  readonly jobs: number;
  readonly sure: boolean;
}

/**
 * Judges candidates against baselines, all series as one family. Flagged: BH (again: e-BH) at 5 % and beyond the floor;
 * confirmed: at 1 %, with the interval's lower end beyond the floor and at least three baseline batches to know τ from. Where every
 * run on both sides is a batch of its own, its scatter holds τ already.
 * The interval is Hodges-Lehmann's, which is exact for the noise within batches, widened by what Student's t of both noises together asks for
 * beyond that of the noise within alone. Rank tests alone cannot say "three batch deviations away".
 */
export function judgeGate(pairs: readonly Pair[], options: GateOptions): readonly Judgement[] {
  const fits = pairs.map((pair) =>
    fitBatches(onScale(pair.baseline, pair), onScale(pair.candidate, pair), options.again ? 'baseline' : 'both'),
  );
  const pooled = {
    log: poolBatches(fits.filter((_, i) => pairs[i]!.scale === 'log')),
    linear: { tau2: 0, lent: 0, doubt: 0 },
  };
  const weighed = pairs.map((pair, i) => weigh(pair, fits[i]!, { pooled: pooled[pair.scale], options }));
  const rates = pairs.map((pair) => failureRates(pair.baseline.tries ?? [], pair.candidate.tries ?? [], options.again));
  const timed = weighed.filter(({ pair }) => pair.baseline.values.length + pair.candidate.values.length > 0);
  const size = Math.max(1, timed.length + rates.filter((rate) => rate !== undefined).length);
  const level = options.flagged ?? 0.05;
  const reject = (p: readonly number[], q: number) => rejectByP(p, q, size);
  const all = [...weighed, ...rates.map((rate) => rate ?? { worse: 1, better: 1 })];
  const hits = [(one: { worse: number }) => one.worse, (one: { better: number }) => one.better].map((of) => {
    const p = all.map((one) => of(one as Weighed));
    return { flagged: reject(p, level), confirmed: reject(p, options.confirmed ?? 0.01) };
  });
  const flagged = hits[0]!.flagged.filter(Boolean).length + hits[1]!.flagged.filter(Boolean).length;
  const family: Judgement['family'] = { size, flagged, rule: options.again ? 'e-BH' : 'BH', level };
  const hit = (i: number): Hit => ({
    worse: hits[0]!.flagged[i]!,
    better: hits[1]!.flagged[i]!,
    confirmed: hits[0]!.confirmed[i]! || hits[1]!.confirmed[i]!,
    family,
  });
  return weighed.map((one, i) => {
    const rate = rates[i];
    const failures = rate && judgeFailures(one.pair, rate, hit(pairs.length + i));
    if (one.pair.baseline.values.length + one.pair.candidate.values.length === 0 && failures) return failures;
    const value = judgeValues(one, hit(i));
    return failures ? worseOf(value, failures) : value;
  });
}

function weigh(
  pair: Pair,
  fit: BatchFit,
  { pooled, options }: { readonly pooled: Pooled; readonly options: GateOptions },
): Weighed {
  const old = onScale(pair.baseline, pair);
  const fresh = onScale(pair.candidate, pair);
  const n = fresh.values.length;
  const jobs = new Set(fresh.batches).size;
  const { up: floor, down: below } = floorsOf(pair, options.floor);
  const apart = fit.batches === fit.runs && jobs === n;
  const sure = fit.batches >= 3 && (fit.raw !== undefined || apart);
  const blank = { pair, fit, floor, below, jobs, sure, tau: Math.sqrt(pooled.tau2) };
  if (n === 0 || fit.runs < 2) {
    const interval = { estimate: Number.NaN, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
    return { ...blank, interval, worse: 1, better: 1, error: Number.POSITIVE_INFINITY };
  }
  const prior = pair.scale === 'log' && !sure ? (pair.prior ?? priorTau) ** 2 : 0;
  const shown = { ...pooled, tau2: fit.raw === undefined && apart ? 0 : Math.max(pooled.tau2, prior) };
  const { square, plain, df: known } = shiftError(fit, shown, { runs: n, batches: jobs });
  const df = Math.min(known, Math.max(4, known / (pair.inflation ?? 1)));
  const error = Math.sqrt(efficiency * square * (pair.inflation ?? 1));
  const ranks = shift(old.values, fresh.values, 0.95, 'between');
  const t2 = (freedom: number) => studentQuantile(0.025, freedom) ** 2;
  const shownByRanks = t2(Math.max(fit.withinDf, df)) * plain;
  const reach = efficiency * Math.max(0, t2(df) * square - shownByRanks) * (pair.inflation ?? 1);
  const seen = fit.total / fit.runs + fit.within / n;
  const half = (end: number) => {
    const own = Math.abs(end - ranks.estimate);
    const within = own ** 2 * Math.min(1, plain / seen) * (pair.inflation ?? 1);
    return Math.max(own, Math.sqrt(within + reach) || 0);
  };
  const interval = {
    estimate: ranks.estimate,
    low: ranks.estimate - half(ranks.low),
    high: ranks.estimate + half(ranks.high),
  };
  const t = error > 0 ? ranks.estimate / error : Math.sign(ranks.estimate) * Number.POSITIVE_INFINITY;
  const tails = (side: 1 | -1) => {
    if (options.again) {
      const by = (prior: number) => Math.exp(shiftEvidence(side * ranks.estimate, error ** 2, { prior, df }));
      return Math.min(1, 1 / mean(sizes.map((size) => by(size * (Math.sqrt(fit.total) || 1e-9)))));
    }
    const p = side === 1 ? mannWhitney(old.values, fresh.values).p : mannWhitney(fresh.values, old.values).p;
    return Math.max(p, Number.isNaN(t) ? 1 : studentTail(side * t, df));
  };
  return { ...blank, interval, worse: tails(1), better: tails(-1), error, tau: Math.sqrt(shown.tau2) };
}

/**
 * How large a change may be, in deviations of a run: E is the mean over both, which is one again. With few degrees of freedom E cannot exceed
 * (1 + prior² / error²)^(df / 2), however far a change goes: where batches differ, one deviation alone is soon too little for any.
 */
const sizes = [1, 4] as const;

/** Variance of Hodges-Lehmann against the mean of values clipped at four deviations: 1.05 for normal noise, less for heavy tails. */
const efficiency = 1.05;

/** The floors on the scale of the values, greater being worse. */
function floorsOf(
  { scale, better, baseline, floorAbsolute: absolute = 0 }: Pair,
  relative: number,
): { readonly up: number; readonly down: number } {
  const level = Math.abs(median(baseline.values)) || 0;
  if (scale === 'linear') {
    const floor = Math.max(relative * level, absolute);
    return { up: floor, down: floor };
  }
  const share = level > 0 ? absolute / level : 0;
  const more = Math.log1p(Math.max(relative, share));
  const less = Math.max(Math.log1p(relative), share < 1 ? -Math.log1p(-share) : Number.POSITIVE_INFINITY);
  return better === 'higher' ? { up: less, down: more } : { up: more, down: less };
}

function judgeValues(one: Weighed, hit: Hit): Judgement {
  const { pair, interval, floor, below, fit } = one;
  const n = pair.candidate.values.length;
  const worse = hit.worse && interval.estimate > 0 && interval.estimate >= floor;
  const better = hit.better && interval.estimate < 0 && -interval.estimate >= below;
  const beyond = worse ? interval.low >= floor : -interval.high >= below;
  const verdict = answerOf(one, { worse, better, level: hit.family.level / hit.family.size });
  const sign = pair.better === 'higher' ? -1 : 1;
  const changed = worse || better;
  const confirmed = changed && hit.confirmed && beyond && one.sure;
  const open = changed ? !confirmed && one.sure : verdict !== 'unchanged';
  return {
    series: pair.series,
    kind: 'gate',
    verdict,
    confirmed,
    at: changed ? pair.from : null,
    detected: changed ? pair.to : null,
    until: null,
    type: changed ? 'step' : null,
    ...told(pair, interval, sign),
    ...weight(Math.min(one.worse, one.better), hit.family),
    family: hit.family,
    noise: { sigma: Math.sqrt(fit.within), tau: one.tau, inflation: pair.inflation ?? 1 },
    floor: pair.scale === 'log' ? Math.expm1(floor) : floor,
    settle: open ? settleOf(one, n) : null,
    notes: [
      ...(changed && !one.sure
        ? [`to be sure takes a baseline of three batches, this one has ${fit.batches === 1 ? 'one' : 'two'}`]
        : []),
      ...(pair.notes ?? []),
    ],
  };
}

function answerOf(
  { pair, interval, floor, below }: Weighed,
  { worse, better, level }: { readonly worse: boolean; readonly better: boolean; readonly level: number },
): Answer {
  if (worse) return 'regressed';
  if (better) return 'improved';
  if (interval.low >= -below && interval.high <= floor) return 'unchanged';
  return smallestP(pair.baseline.values.length, pair.candidate.values.length) > level ? 'too-few' : 'undecided';
}

function told(pair: Pair, interval: Interval, sign: 1 | -1) {
  const group = (side: Side) => ({
    n: side.values.length,
    median: side.values.length > 0 ? median(side.values) : null,
  });
  const low = sign === 1 ? interval.low : -interval.high;
  const high = sign === 1 ? interval.high : -interval.low;
  const log = pair.scale === 'log';
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const shown = (value: number) => finite(log ? Math.exp(value) : value);
  return {
    before: group(pair.baseline),
    after: group(pair.candidate),
    scale: pair.scale,
    ratio: log ? shown(sign * interval.estimate) : null,
    low: Number.isFinite(low) ? shown(low) : null,
    high: Number.isFinite(high) ? shown(high) : null,
    difference: log ? null : finite(sign * interval.estimate),
  };
}

/**
 * The fewest "runs in jobs" that narrow the interval to ± the greatest of 10 %, twice the floor and what the baseline's own
 * noise allows; more runs in one job never beat τ.
 */
function settleOf(one: Weighed, n: number): Settle | null {
  const { fit, tau, pair } = one;
  if (fit.runs < 2 || !(fit.total > 0)) return null;
  const log = pair.scale === 'log';
  const oldRuns = Math.max(fit.runs, 20);
  const oldJobs = Math.max(fit.batches, 4);
  const half = (runs: number, jobs: number) =>
    2 * Math.sqrt(efficiency * (fit.within * (1 / runs + 1 / oldRuns) + tau ** 2 * (1 / jobs + 1 / oldJobs)));
  const limit = 1.25 * half(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  const wanted = Math.max(
    log ? 0.1 : Math.sqrt(fit.total) / 2,
    2 * one.floor,
    log ? Math.ceil(limit * 100) / 100 : limit,
  );
  const each = Math.max(1, Math.round(n / Math.max(1, one.jobs)));
  for (let jobs = 1; jobs <= 500; jobs++)
    for (const runs of [each * jobs, 2 * each * jobs, 4 * each * jobs])
      if (runs > n && half(runs, jobs) <= wanted) return { runs, jobs, within: wanted };
  return null;
}
