import type { Baseline } from './baseline.ts';
import { logMean } from './evidence.ts';
import { broadSpread, clip, spread } from './order.ts';

/** Sizes of a shift that are tried, in deviations of the series. */
export const shifts = [0.5, 1, 1.5, 2.5, 4, 6] as const;

const tScale = Math.sqrt(3 / 5);
const tTop = 0.37960669 / tScale;

/** log density of usual noise: t5 of unit variance, with one value in forty from far away; the far part is not moved by a shift, so that a lone outlier says nothing. */
function logDensity(w: number, from: number): number {
  const t = (w - from) / tScale;
  const wide = 1 + (t * t) / 5;
  const body = tTop / (wide * wide * wide);
  return Math.log(0.975 * body + (0.025 / 8) * Math.exp(-Math.abs(w) / 4));
}

/** By size of shift. */
interface Allowed {
  /** An e-value averages 1 at most on what is usual: log of what the baseline itself averages beyond that, where its noise has not the shape that the density allows for. */
  readonly excess: readonly number[];
  readonly temper: readonly number[];
}

/**
 * Conditional likelihood ratios of an autoregressive series with and without a shift, one sample at a time: what the last
 * sample explains of this one is taken out first, on either side of the ratio (e-detectors: Shin, Ramdas, Rinaldo 2023).
 */
export class Whitened {
  readonly #baseline: Baseline;
  readonly #scale: number;
  readonly #inner: number;
  readonly #rho: number;
  readonly #odd: boolean;
  readonly #allowed = new Map<1 | -1, Allowed>();
  #last = Number.NaN;
  #time = Number.NEGATIVE_INFINITY;

  /** `tightness`: robust deviation of unit-variance noise, .835 for t5 and 1 for normal; the smaller, the more careful. */
  constructor(baseline: Baseline, tightness: number) {
    this.#baseline = baseline;
    this.#rho = baseline.rho;
    this.#inner = Math.sqrt(1 - baseline.rho ** 2);
    const sigma = baseline.sigma || 1e-9;
    const { rest, centre, rho } = baseline;
    const unexplained = rest.map((value, i) =>
      i === 0 ? value - centre : value - centre - rho * clip(rest[i - 1]! - centre, -3 * sigma, 3 * sigma),
    );
    const broad = broadSpread(unexplained, 0);
    this.#scale = Math.max(broad / tightness / this.#inner, 1e-9);
    this.#odd = broad > 1.05 * spread(unexplained, 0);
  }

  /** Learned when a direction is first asked for: an incident looks at one only. */
  #allow(sign: 1 | -1): Allowed {
    const had = this.#allowed.get(sign);
    if (had) return had;
    const usual = this.#usual(sign);
    const excess = usual.map((ratios) => (this.#odd ? Math.max(0, logMean(ratios)) : 0));
    const made = { excess, temper: usual.map((ratios, k) => temperOf(ratios, excess[k]!)) };
    this.#allowed.set(sign, made);
    return made;
  }

  /** The log likelihood ratios of the baseline itself, by size of shift; of its last 2,000 values. */
  #usual(sign: 1 | -1): readonly Float64Array[] {
    const { rest, centre } = this.#baseline;
    const part = rest.subarray(Math.max(0, rest.length - 2000));
    return shifts.map((_, k) => {
      let last = Number.NaN;
      return part.map((value) => {
        const u = (sign * (value - centre)) / this.#scale;
        const ratio = this.#ratio(u, last, k);
        last = u;
        return ratio;
      });
    });
  }

  /**
   * The log likelihood ratios of the sample for each of `shifts`, towards greater (`sign` 1) or smaller (−1) values. At the `onset` of a shift the last
   * sample had not moved yet, and this one is away from it by all of the shift; later the last one explains its share.
   */
  ratios(time: number, value: number, sign: 1 | -1, onset = false): readonly number[] {
    const u = (sign * (value - this.#baseline.centre)) / this.#scale;
    const near = time - this.#time <= 1.5 * this.#baseline.slot;
    const last = near ? sign * this.#last : Number.NaN;
    const { excess, temper } = this.#allow(sign);
    return shifts.map((_, k) => temper[k]! * (this.#ratio(u, last, k, onset) - excess[k]!));
  }

  #ratio(u: number, last: number, k: number, onset = false): number {
    const shift = shifts[k]!;
    if (Number.isNaN(last)) return clip(logDensity(u, shift) - logDensity(u, 0), -5, 5);
    const usual = (u - this.#rho * clip(last, -3, 3)) / this.#inner;
    const before = onset ? last : last - shift;
    const moved = (u - shift - this.#rho * clip(before, -3, 3)) / this.#inner;
    return clip(logDensity(usual, usual - moved) - logDensity(usual, 0), -5, 5);
  }

  /** Makes a sample the last one, after its ratios were asked for. */
  keep(time: number, value: number): void {
    this.#last = (value - this.#baseline.centre) / this.#scale;
    this.#time = time;
  }
}

const window = 12;
const fewestWindows = 8;

/**
 * The power to which ratios are raised so that evidence over a stretch of the baseline averages 1 at most as well: noise that stays away
 * for a while (modes, bursts) gathers evidence that no single sample shows. The stranger seventh of the stretches may be past incidents and does not count.
 */
function temperOf(ratios: Float64Array, excess: number): number {
  const count = Math.floor(ratios.length / window);
  if (count < fewestWindows) return 1;
  const sums = Float64Array.from({ length: count }, (_, w) => {
    let sum = 0;
    for (let i = w * window; i < (w + 1) * window; i++) sum += ratios[i]! - excess;
    return sum;
  }).sort();
  const kept = sums.subarray(0, Math.ceil((6 / 7) * count));
  for (let temper = 1; temper > 0.02; temper *= 0.8) if (logMean(kept.map((sum) => temper * sum)) <= 0) return temper;
  return 0;
}

/** How far evidence is raised to a power below 1 because days differ by more than their hours explain. */
export function dayTemper({ daySquare, square, rho }: Baseline): number {
  const inflated = (square * (1 + rho)) / (1 - rho);
  return inflated > 0 ? 1 / (1 + (24 * daySquare) / inflated) : 1;
}
