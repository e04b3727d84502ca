import { type Batched, fitBatches } from './batch.ts';
import { normalQuantile, studentQuantile } from './distribution.ts';
import { smallestP } from './rank-test.ts';
import { percent } from './words.ts';

export interface PowerOptions {
  /** Slow-down asked for: .2 is 20 %. */
  readonly size: number;
  /** Runs that share one batch: 1 for hourly canaries, more for a CI job. */
  readonly each: number;
  /** Hypotheses held to account together, at a false discovery rate of 5 %. */
  readonly family: number;
  /** Relative floor; .05. */
  readonly floor?: number;
  /** τ of the pool, where it is better known than from this step alone. */
  readonly tau?: number;
}

/** How soon a slow-down of a step would be seen. */
export interface Power extends PowerOptions {
  readonly series: string;
  readonly before: { readonly runs: number; readonly batches: number };
  /** New runs after which four of five such slow-downs are flagged; null where no number up to 500 does it. */
  readonly runs: number | null;
  /** Smallest slow-down seen after 500 runs, and after ten; infinite without a baseline. */
  readonly least: number;
  readonly soon: number;
}

const most = 500;
const efficiency = 1.05;

/**
 * When a slow-down becomes visible, from the baseline's own noise within (σ) and between batches (τ): the gate's standard
 * error √(1.05·σ²(1/n + 1/m) + τ²(1/J + 1/K)), its level for one step of the family, and a power of .8. `values` in their unit, above 0.
 */
export function powerOf(series: string, baseline: Batched, options: PowerOptions): Power {
  const logs = { values: baseline.values.map(Math.log), batches: baseline.batches };
  const fit = fitBatches(logs, { values: new Float64Array(), batches: [] });
  const before = { runs: fit.runs, batches: fit.batches };
  const blank = {
    ...options,
    series,
    before,
    runs: null,
    least: Number.POSITIVE_INFINITY,
    soon: Number.POSITIVE_INFINITY,
  };
  if (fit.runs < 3) return blank;
  const own = options.tau ?? Math.sqrt(Math.max(0, fit.raw ?? 0));
  const within = fit.raw === undefined ? fit.total : fit.within;
  const level = 0.05 / Math.max(1, options.family);
  const df = Math.max(4, fit.raw === undefined ? fit.runs - 1 : fit.withinDf);
  const reach = studentQuantile(level, df) + normalQuantile(0.2);
  const floor = Math.log1p(options.floor ?? 0.05);
  const seen = (n: number): number => {
    if (smallestP(fit.runs, n) > level) return Number.POSITIVE_INFINITY;
    const jobs = Math.ceil(n / options.each);
    const noise = within * (1 / n + 1 / fit.runs);
    const error = Math.sqrt(efficiency * noise + own ** 2 * (1 / jobs + 1 / fit.batches));
    return Math.max(reach * error, floor + normalQuantile(0.2) * error);
  };
  const wanted = Math.log1p(options.size);
  let runs: number | null = null;
  for (let n = 1; n <= most && runs === null; n++) if (seen(n) <= wanted) runs = n;
  return { ...blank, runs, least: Math.expm1(seen(most)), soon: Math.expm1(seen(10)) };
}

/** "a 20 % slow-down of “agent answers” is visible after about 9 hourly runs"; `rhythm` is "hourly", "daily" or empty. */
export function powerSentence(one: Power, rhythm = ''): string {
  const runs = (n: number) => `${n}${rhythm ? ` ${rhythm}` : ''} ${n === 1 ? 'run' : 'runs'}`;
  const what = `a ${percent(one.size)} % slow-down of “${one.series}”`;
  if (one.runs !== null) return `${what} is visible after about ${runs(one.runs)}`;
  const known = `${one.before.runs} ${one.before.runs === 1 ? 'run' : 'runs'} in ${one.before.batches} ${one.before.batches === 1 ? 'batch' : 'batches'}`;
  if (!Number.isFinite(one.least)) return `too few runs to say when ${what} is visible: ${known} before`;
  return `${what} cannot be seen against the noise of ${known} before; from ${percent(one.least)} % on it can`;
}
