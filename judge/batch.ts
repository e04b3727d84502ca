import { clip, mean, median, spread, variance } from './order.ts';

/** Values of one side and the batch (CI job, hour, runner) that each belongs to. */
export interface Batched {
  readonly values: Float64Array;
  readonly batches: readonly string[];
}

/** One-way analysis of variance of a step, on values clipped at four robust deviations. `runs` and `batches` are the baseline's. */
export interface BatchFit {
  readonly runs: number;
  readonly batches: number;
  /** Mean square within batches, and its degrees of freedom. */
  readonly within: number;
  readonly withinDf: number;
  /** Mean square between batches, each side about its own level, and its degrees of freedom. */
  readonly between: number;
  readonly betweenDf: number;
  /** Effective runs a batch. */
  readonly size: number;
  /** Unbiased, may be negative; undefined below three batches or without a scale within. */
  readonly raw: number | undefined;
  /** Variance of all clipped values, which no shuffling between batches changes. */
  readonly total: number;
  /** Standardised batch centres by batch, to see whether steps move together. */
  readonly centres: ReadonlyMap<string, number>;
}

/** A batch of so many runs has a level of its own: most of them do not lie away by chance. */
const majority = 3;

/**
 * Fits a step. Only a lone run is clipped, never a batch that lies away as a whole: bounds are four deviations of the whole side about the
 * middle of the batch, or about that of the side where a batch has fewer than three runs. How much batches differ is learned on both sides,
 * or on the baseline alone for e-values, which must be weighed with what was known before; the noise within them on the baseline, with one run a batch
 * on the candidate.
 */
export function fitBatches(baseline: Batched, candidate: Batched, learned: 'both' | 'baseline' = 'both'): BatchFit {
  const old = sumsOf(baseline, spread(baseline.values));
  const shown = learned === 'both' ? candidate : { values: new Float64Array(), batches: [] };
  const fresh = sumsOf(shown, spread(baseline.values));
  const { runs, batches, inside } = old;
  const total = variance(old.values);
  const betweenDf = Math.max(0, batches - 1) + Math.max(0, fresh.batches - 1);
  const size = betweenDf > 0 ? (old.weight + fresh.weight) / betweenDf : runs;
  const between = betweenDf > 0 ? (old.across + fresh.across) / betweenDf : 0;
  const centres = new Map([...old.centres, ...fresh.centres]);
  let withinDf = runs - batches;
  let within = withinDf > 0 ? inside / withinDf : 0;
  if (withinDf < 4) {
    const own = withinOf(candidate);
    if (own.df + withinDf >= 3) {
      within = (within * withinDf + own.mean * own.df) / (withinDf + own.df);
      withinDf += own.df;
    } else {
      return {
        runs,
        batches,
        within: total,
        withinDf: runs - 1,
        between,
        betweenDf,
        size,
        raw: undefined,
        total,
        centres: new Map(),
      };
    }
  }
  const raw = batches >= 3 ? (between - within) / size : undefined;
  return { runs, batches, within, withinDf, between, betweenDf, size, raw, total, centres };
}

interface Sums {
  readonly values: Float64Array;
  readonly runs: number;
  readonly batches: number;
  /** Sums of squares within and between batches. */
  readonly inside: number;
  readonly across: number;
  /** What τ² counts in `across`. */
  readonly weight: number;
  readonly centres: ReadonlyMap<string, number>;
}

function sumsOf(side: Batched, deviation: number): Sums {
  const values = heldByBatch(side, 4 * deviation);
  const centre = mean(values);
  let inside = 0;
  let across = 0;
  let squares = 0;
  const centres = new Map<string, number>();
  const groups = groupsOf(values, side.batches);
  for (const [name, group] of groups) {
    const middle = mean(group);
    for (const value of group) inside += (value - middle) ** 2;
    across += group.length * (middle - centre) ** 2;
    squares += group.length ** 2;
    centres.set(name, middle - centre);
  }
  const runs = values.length;
  const weight = groups.size > 1 ? runs - squares / runs : 0;
  return { values, runs, batches: groups.size, inside, across, weight, centres };
}

function heldByBatch({ values, batches }: Batched, bound: number): Float64Array {
  const whole = median(values);
  const middles = new Map<string, number>();
  for (const [name, group] of groupsOf(values, batches))
    middles.set(name, group.length < majority ? whole : median(group));
  return values.map((value, i) => {
    const middle = middles.get(batches[i] ?? '')!;
    return clip(value, middle - bound, middle + bound);
  });
}

/** Held within four robust deviations of the median. */
export function clipped(values: Float64Array): Float64Array {
  const centre = median(values);
  const bound = 4 * spread(values, centre);
  return values.map((value) => Math.min(centre + bound, Math.max(centre - bound, value)));
}

function groupsOf(values: Float64Array, batches: readonly string[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  values.forEach((value, i) => {
    const name = batches[i] ?? '';
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  });
  return groups;
}

function withinOf(side: Batched): { mean: number; df: number } {
  let sum = 0;
  let df = 0;
  for (const group of groupsOf(clipped(side.values), side.batches).values()) {
    sum += variance(group) * (group.length - 1);
    df += group.length - 1;
  }
  return { mean: df > 0 ? sum / df : 0, df };
}

/** Noise between batches, learned over all steps. */
export interface Pooled {
  /** Squared, on the scale of the values. */
  readonly tau2: number;
  /** How alike steps are, in degrees of freedom that their common τ² is worth beside a step's own: infinite where they agree. */
  readonly lent: number;
  /** Variance of `tau2` as an estimate: few steps, or steps whose own noise drowns it, know it badly. */
  readonly doubt: number;
}

/**
 * The pooled τ², weighted by the inverse square of what a batch centre scatters, iterated until it settles (relative change
 * below 1e-6, at most 200 rounds).
 */
export function poolBatches(fits: readonly BatchFit[]): Pooled {
  const known = fits.filter((fit) => fit.raw !== undefined && fit.total > 0);
  if (known.length === 0) return { tau2: 0, lent: 0, doubt: 0 };
  let tau2 = 0;
  let weights = 0;
  for (let round = 0; round < 200; round++) {
    let sum = 0;
    weights = 0;
    for (const fit of known) {
      const noise = inwards(fit, tau2) / fit.size + tau2;
      const error =
        noise * Math.sqrt(2 / fit.betweenDf + (fit.size > 1 ? 2 / Math.max(1, fit.withinDf) / fit.size : 0));
      const raw = Math.min(Math.max(fit.raw!, tau2 - 4 * error), tau2 + 4 * error);
      sum += raw / error ** 2;
      weights += 1 / error ** 2;
    }
    const next = Math.max(0, sum / weights);
    const settled = Math.abs(next - tau2) <= 1e-6 * next;
    tau2 = next;
    if (settled) break;
  }
  return { tau2, lent: lentBy(known, tau2), doubt: known.length / independent(known) / weights };
}

/**
 * A step's variance within batches as its weight needs it: from both mean squares, so mixed that it does not go with the step's
 * own estimate of τ². A weight that rose with the estimate would bias the pool upwards (.017 at τ = 0), one that fell would
 * bias it down (.78·τ² with four batches). At τ = 0 it is the variance of all values.
 */
function inwards({ within, withinDf, between, betweenDf, size, total }: BatchFit, tau2: number): number {
  const usual = Math.max(total - tau2, 0.05 * total);
  const doubtWithin = usual ** 2 / Math.max(1, withinDf);
  const doubtBetween = (usual + size * tau2) ** 2 / betweenDf;
  const share = doubtWithin / (doubtWithin + doubtBetween);
  return Math.max((1 - share) * within + share * (between - size * tau2), 0.05 * total);
}

/** How alike steps are: the prior degrees of freedom of a scaled inverse χ² law, from the scatter of log(MSB / expected) (Smyth 2004). */
function lentBy(fits: readonly BatchFit[], tau2: number): number {
  if (fits.length < 2) return 0;
  const logs: number[] = [];
  let noise = 0;
  for (const fit of fits) {
    const d = fit.betweenDf;
    const expected = fit.within + fit.size * tau2;
    if (expected <= 0) continue;
    logs.push(Math.log(Math.max(fit.between / expected, 1e-6)) - digamma(d / 2) + Math.log(d / 2));
    const part = fit.within / expected;
    noise += trigamma(d / 2) + part * part * trigamma(Math.max(1, fit.withinDf) / 2);
  }
  if (logs.length < 2) return 0;
  const excess = variance(logs) - noise / logs.length;
  const slack = (noise / logs.length) * Math.sqrt(2 / (logs.length - 1));
  return excess <= slack ? Number.POSITIVE_INFINITY : 2 * trigammaInverse(excess);
}

/** Effective number of independently moving steps: M / (1 + (M − 1)·mean correlation of batch centres). */
function independent(fits: readonly BatchFit[]): number {
  const count = fits.length;
  const together = new Map<string, number>();
  let own = 0;
  for (const fit of fits) {
    const length = Math.hypot(...fit.centres.values());
    if (length === 0) continue;
    own += 1;
    for (const [name, centre] of fit.centres) together.set(name, (together.get(name) ?? 0) + centre / length);
  }
  let squared = 0;
  for (const sum of together.values()) squared += sum * sum;
  const alike = own > 1 ? Math.max(0, (squared - own) / (own * (own - 1))) : 0;
  return count / (1 + (count - 1) * alike);
}

function digamma(x: number): number {
  let y = x;
  let sum = 0;
  while (y < 8) {
    sum -= 1 / y;
    y += 1;
  }
  const w = 1 / (y * y);
  return sum + Math.log(y) - 1 / (2 * y) - w * (1 / 12 - w * (1 / 120 - w / 252));
}

function trigamma(x: number): number {
  let y = x;
  let sum = 0;
  while (y < 8) {
    sum += 1 / (y * y);
    y += 1;
  }
  const w = 1 / (y * y);
  return sum + 1 / y + w / 2 + (w / y) * (1 / 6 - w * (1 / 30 - w / 42));
}

function trigammaInverse(value: number): number {
  let low = 1e-4;
  let high = 1e7;
  for (let step = 0; step < 100; step++) {
    const mid = Math.sqrt(low * high);
    if (trigamma(mid) > value) low = mid;
    else high = mid;
  }
  return Math.sqrt(low * high);
}

/**
 * The squared standard error of a shift between J new and K old batches, the part of it that is noise within them, and its degrees of freedom.
 * The step's τ² is the shared one, moved towards what the step shows by itself as far as steps differ or the shared one is badly known (Smyth 2004);
 * noise within batches is the step's own. Degrees of freedom after Satterthwaite (1946), from what each of the three is worth.
 */
export function shiftError(
  fit: BatchFit,
  pooled: Pooled,
  { runs: n, batches: J }: { readonly runs: number; readonly batches: number },
): { readonly square: number; readonly plain: number; readonly df: number } {
  const byRun = 1 / n + 1 / fit.runs;
  const byBatch = 1 / J + 1 / fit.batches;
  const plain = fit.within * byRun;
  const shared = plain + pooled.tau2 * byBatch;
  if (fit.raw === undefined) return { square: shared, plain, df: fit.withinDf };
  const own = fit.betweenDf;
  const expected = fit.within + fit.size * pooled.tau2;
  const lent = 1 / (1 / pooled.lent + (fit.size ** 2 * pooled.doubt) / (2 * expected ** 2));
  const share = Number.isFinite(lent) ? lent / (lent + own) : 1;
  const square = Math.max(plain, plain + byBatch * (share * pooled.tau2 + (1 - share) * fit.raw));
  const between = ((1 - share) * byBatch) / fit.size;
  const doubt =
    (2 * ((byRun - between) * fit.within) ** 2) / Math.max(1, fit.withinDf) +
    (2 * (between * fit.between) ** 2) / own +
    (byBatch * share) ** 2 * pooled.doubt;
  const df = doubt > 0 ? (2 * square ** 2) / doubt : Number.POSITIVE_INFINITY;
  return { square, plain, df: Math.max(Math.min(own, 4), Math.min(df, Math.max(4, fit.runs + n - 2))) };
}
