import type { Baseline } from './baseline.ts';
import { median } from './order.ts';
import { dayTemper, shifts, Whitened } from './whitened.ts';

/** One sample and what was usual when it came. */
export interface Seen {
  readonly place: number;
  readonly time: number;
  /** Without the daily pattern. */
  readonly rest: number;
  readonly baseline: Baseline;
  readonly sigma: number;
  /** By how much noise has grown lately; 1 where it has not. */
  readonly widened: number;
  /** What a change must at least be, on the scale of the values. */
  readonly floor: number;
}

export interface Alarm {
  readonly path: 'fast' | 'slow';
  /** First sample of what is wrong. */
  readonly from: number;
  /** The e-detector's value on the slow path. */
  readonly evidence: number | null;
}

/** Far samples in a row that make an alarm; a pause of more slots than this breaks the row. */
const inRow = 3;
/** Set by simulation (bench/judge/t7.ts). */
const tightness = 0.87;
/** Slots over which the false-alarm rate is stated: three days of hours. */
const horizon = 72;
const longestPause = 4.5;

/** Both paths of one direction. Fast: three in a row above z and the floor. Slow: the e-SR detector, M ← (1 + M)·ratio, mean of M >= A. */
export class OneSide {
  readonly #sign: 1 | -1;
  readonly #far: number;
  readonly #limit: number;
  #whitened: Whitened | undefined;
  #temper = 1;
  #sums = shifts.map(() => 0);
  #onsets = shifts.map(() => 0);
  #rests: number[] = [];
  #row = 0;
  #last = Number.NaN;
  alarm: Alarm | undefined;

  /** `alpha` over 72 slots is the slow path’s; the fast one needs a tenth of it (bench/judge/t7.ts). */
  constructor(sign: 1 | -1, alpha: number) {
    this.#sign = sign;
    this.#far = 3.5 - 0.25 * Math.log10(alpha);
    this.#limit = horizon / alpha;
  }

  reset(): void {
    this.#sums = shifts.map(() => 0);
    this.#rests = [];
    this.#row = 0;
    this.learned();
  }

  /** What is usual was learned again. */
  learned(): void {
    this.#whitened = undefined;
  }

  /** Takes a sample; true while there is an alarm at it. */
  take(seen: Seen): boolean {
    this.alarm = this.#fast(seen) ?? this.#slow(seen);
    this.#last = seen.time;
    return this.alarm !== undefined;
  }

  #fast({ place, time, rest, baseline, sigma, floor }: Seen): Alarm | undefined {
    const away = this.#sign * (rest - baseline.centre);
    if (time - this.#last > longestPause * baseline.slot) this.#row = 0;
    this.#row = away > this.#far * sigma && away >= floor ? this.#row + 1 : 0;
    return this.#row >= inRow ? { path: 'fast', from: place - this.#row + 1, evidence: null } : undefined;
  }

  #slow(seen: Seen): Alarm | undefined {
    const { place, time, rest, baseline, floor } = seen;
    if (this.#whitened === undefined) {
      this.#whitened = new Whitened(baseline, tightness / seen.widened);
      this.#temper = dayTemper(baseline);
    }
    const ratios = this.#whitened.ratios(time, rest, this.#sign);
    this.#whitened.keep(time, rest);
    this.#rests.push(this.#sign * (rest - baseline.centre));
    if (this.#rests.length > 400) this.#rests.shift();
    let best = 0;
    let total = 0;
    ratios.forEach((ratio, k) => {
      if (this.#sums[k]! < 1) this.#onsets[k] = place;
      this.#sums[k] = Math.min((1 + this.#sums[k]!) * Math.exp(Math.min(5, this.#temper * ratio)), 1e150);
      if (this.#sums[k]! > this.#sums[best]!) best = k;
      total += this.#sums[k]!;
    });
    const evidence = total / shifts.length;
    if (evidence < this.#limit) return undefined;
    const from = this.#onsets[best]!;
    const count = place - from + 1;
    if (count < inRow || count > this.#rests.length || median(this.#rests.slice(-count)) < floor) return undefined;
    return { path: 'slow', from, evidence };
  }
}
