import { normalQuantile } from './distribution.ts';
import { broadSpread, clip, median, spread, variance } from './order.ts';
import { levelsOf, type Season, seasonOf, type Wall } from './season.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** What a series was like before a moment, and how its noise hangs together. All on the scale of the values. */
export interface Baseline {
  readonly season: Season;
  /** Values of the level window without season, in order of time. */
  readonly rest: Float64Array;
  readonly centre: number;
  /** Robust deviation of `rest`. */
  readonly sigma: number;
  /** The same without regard to known moves of the level. */
  readonly unlevelled: number;
  /** Variance of clipped residuals. */
  readonly square: number;
  /** Lag-1 autocorrelation of residuals, 0 to .9. */
  readonly rho: number;
  /** Variance between days beyond what the hours explain. */
  readonly daySquare: number;
  /** Median time between samples, ms. */
  readonly slot: number;
  /** Days that the level window spans, at least 1. */
  readonly days: number;
  /** Days that noise was learned from. */
  readonly seasonDays: number;
  clip(value: number): number;
}

const seasonWindow = 28 * day;
const levelWindow = 14 * day;
const levelLeast = 60;

/**
 * Learns from samples that all lie before `now`; the season from the last 28 days, the level from the last 14 (60 samples at least).
 * `steps`, ascending: places where the level is known to have moved; what was before them is seen from the last one.
 */
export function learn(times: Float64Array, values: Float64Array, wall: Wall, steps: readonly number[] = []): Baseline {
  const n = times.length;
  const now = n > 0 ? times[n - 1]! : 0;
  const from = Math.min(firstAfter(times, now - seasonWindow), Math.max(0, n - 2 * levelLeast));
  const t = times.subarray(from);
  const x = values.subarray(from);
  let levels = levelsOf(t, x);
  const season = seasonOf(
    t,
    x.map((value, i) => value - levels[i]!),
    wall,
  );
  const plain = x.map((value, i) => value - season.at(t[i]!));
  const flat = levelled(
    plain,
    steps.map((step) => step - from),
  );
  if (flat !== plain) levels = levelsOf(t, flat);
  const start = Math.min(firstAfter(t, now - levelWindow), Math.max(0, t.length - levelLeast));
  const rest = flat.subarray(start);
  const centre = median(rest);
  const sigma = broadSpread(rest, centre);
  const wide = season.found || t.length > 2 * levelLeast;
  const off = flat.map((value, i) => clip(value - (wide ? levels[i]! : centre), -3 * sigma, 3 * sigma));
  const slot = slotOf(t);
  const square = variance(off);
  const rho = neighboursInTime(t, off, { slot, window: wide ? (7 * day) / slot : n });
  return {
    season,
    rest,
    centre,
    sigma,
    unlevelled: flat === plain ? sigma : broadSpread(plain.subarray(start)),
    square,
    rho,
    daySquare: betweenDays(t, off, { square, rho }),
    slot,
    seasonDays: n > 0 ? Math.max(1, (now - t[0]!) / day) : 1,
    days: rest.length > 0 ? Math.max(1, (now - t[start]!) / day) : 1,
    clip: (value) => clip(value, centre - 3 * sigma, centre + 3 * sigma),
  };
}

/** Values with every stretch between `steps` moved to the level of the last one. */
function levelled(values: Float64Array, steps: readonly number[]): Float64Array {
  const inside = [...new Set(steps.filter((step) => step > 0 && step < values.length))];
  if (inside.length === 0) return values;
  const bounds = [0, ...inside, values.length];
  const stretches = bounds.slice(1).map((end, k) => values.subarray(bounds[k]!, end));
  const last = median(stretches.at(-1)!);
  const moved = new Float64Array(values.length);
  stretches.forEach((stretch, k) => {
    const by = last - median(stretch);
    stretch.forEach((value, i) => {
      moved[bounds[k]! + i] = value + by;
    });
  });
  return moved;
}

export function firstAfter(times: Float64Array, at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (times[mid]! < at) low = mid + 1;
    else high = mid;
  }
  return low;
}

function slotOf(times: Float64Array): number {
  if (times.length < 2) return hour;
  const steps = new Float64Array(times.length - 1);
  for (let i = 1; i < times.length; i++) steps[i - 1] = times[i]! - times[i - 1]!;
  return median(steps) || 1;
}

const known = new Map<number, Float64Array>();

/** Normal scores of n ranks, ascending; made once for each n of the last few hundred asked for. */
function scoresOf(n: number): Float64Array {
  const had = known.get(n);
  if (had) return had;
  if (known.size >= 512) known.clear();
  const made = Float64Array.from({ length: n }, (_, rank) => -normalQuantile((rank + 0.5) / n));
  known.set(n, made);
  return made;
}

/**
 * Lag-1 autocorrelation over pairs of neighbouring slots, from normal scores of ranks: a lone outlier does not hide it, as it
 * does in products of clipped values. + 1/n, and what the running level of `window` slots has taken away.
 */
function neighboursInTime(
  times: Float64Array,
  off: Float64Array,
  { slot, window }: { slot: number; window: number },
): number {
  const n = off.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => off[a]! - off[b]!);
  const scores = scoresOf(n);
  const score = new Float64Array(n);
  for (let rank = 0; rank < n; rank++) score[order[rank]!] = scores[rank]!;
  let products = 0;
  let squares = 0;
  let pairs = 0;
  for (let i = 1; i < n; i++) {
    if (times[i]! - times[i - 1]! > 1.5 * slot) continue;
    products += score[i]! * score[i - 1]!;
    squares += (score[i]! ** 2 + score[i - 1]! ** 2) / 2;
    pairs += 1;
  }
  if (squares === 0) return 0;
  const raw = clip(products / squares + 1 / pairs, 0, 0.9);
  return Math.min(0.9, raw + (1 + raw) / (1 - raw) / window);
}

/** Variance of daily means beyond V·s² / samples a day, and half its standard error; 7/6 for what the running level took away. 0 below five days with twelve samples. */
function betweenDays(
  times: Float64Array,
  off: Float64Array,
  { square, rho }: { readonly square: number; readonly rho: number },
): number {
  const sums = new Map<number, { sum: number; n: number }>();
  for (let i = 0; i < times.length; i++) {
    const date = Math.floor(times[i]! / day);
    const one = sums.get(date) ?? { sum: 0, n: 0 };
    one.sum += off[i]!;
    one.n += 1;
    sums.set(date, one);
  }
  const full = [...sums.values()].filter(({ n }) => n >= 12);
  if (full.length < 5) return 0;
  const means = full.map(({ sum, n }) => sum / n);
  const each = full.reduce((sum, { n }) => sum + n, 0) / full.length;
  const scatter = (7 / 6) * Math.max(spread(means) ** 2, variance(means) / 2);
  const hourly = ((1 + rho) / (1 - rho)) * (square / each);
  return Math.max(0, scatter - hourly + 0.5 * Math.max(scatter, hourly) * Math.sqrt(2 / (means.length - 1)));
}
