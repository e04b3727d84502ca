import type { Baseline } from './baseline.ts';
import { broadSpread, clip, spread } from './order.ts';

/** Sizes of a shift that are tried, in deviations of the series. */
export const shifts = [0.5, 1, 1.5, 2.5, 4, 6] as const;

const tScale = Math.sqrt(3 / 5);
const tTop = 0.37960669 / tScale;

/** log density of usual noise: t5 of unit variance, with one value in forty from far away; the far part is not moved by a shift, so that a lone outlier says nothing. */
function logDensity(w: number, from: number): number {
  const t = (w - from) / tScale;
  const body = tTop * (1 + (t * t) / 5) ** -3;
  return Math.log(0.975 * body + (0.025 / 8) * Math.exp(-Math.abs(w) / 4));
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
  readonly #excess: Readonly<Record<1 | -1, readonly number[]>>;
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
    const odd = broad > 1.05 * spread(unexplained, 0);
    const none = shifts.map(() => 0);
    this.#excess = odd ? { 1: this.#excessOf(1), [-1]: this.#excessOf(-1) } : { 1: none, [-1]: none };
  }

  /** An e-value averages 1 at most on what is usual: log of what the baseline itself averages beyond that. Asked only where the noise has not the shape that the density allows for. */
  #excessOf(sign: 1 | -1): readonly number[] {
    const { rest, centre } = this.#baseline;
    const all = shifts.map(() => 0);
    let last = Number.NaN;
    for (const value of rest) {
      const u = (sign * (value - centre)) / this.#scale;
      for (let k = 0; k < shifts.length; k++) all[k]! += Math.exp(this.#ratio(u, last, k));
      last = u;
    }
    return all.map((sum) => Math.log(Math.max(1, sum / rest.length)));
  }

  /** The log likelihood ratios of the sample for each of `shifts`, towards greater (`sign` 1) or smaller (−1) values. */
  ratios(time: number, value: number, sign: 1 | -1): readonly number[] {
    const u = (sign * (value - this.#baseline.centre)) / this.#scale;
    const near = time - this.#time <= 1.5 * this.#baseline.slot;
    const last = near ? sign * this.#last : Number.NaN;
    return shifts.map((_, k) => this.#ratio(u, last, k) - this.#excess[sign][k]!);
  }

  #ratio(u: number, last: number, k: number): number {
    const shift = shifts[k]!;
    if (Number.isNaN(last)) return clip(logDensity(u, shift) - logDensity(u, 0), -5, 5);
    const usual = (u - this.#rho * clip(last, -3, 3)) / this.#inner;
    const moved = (u - shift - this.#rho * clip(last - shift, -3, 3)) / this.#inner;
    return clip(logDensity(usual, usual - moved) - logDensity(usual, 0), -5, 5);
  }

  /** Makes a sample the last one, after its ratios were asked for. */
  keep(time: number, value: number): void {
    this.#last = (value - this.#baseline.centre) / this.#scale;
    this.#time = time;
  }
}

/** How far evidence is raised to a power below 1 because days differ by more than their hours explain. */
export function dayTemper({ daySquare, square, rho }: Baseline): number {
  const inflated = (square * (1 + rho)) / (1 - rho);
  return inflated > 0 ? 1 / (1 + (24 * daySquare) / inflated) : 1;
}
