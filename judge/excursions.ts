import type { Baseline } from './baseline.ts';
import { median } from './order.ts';

/** So often within the window, and being away is usual. */
const often = 4;
/** Noise of what is compared: samples until an end is seen, and deviations of a middle of three. */
const slack = { samples: 4, deviations: 2 };
/** Two weeks of hours, or two weeks where samples are denser. */
const fewest = 336;
const window = 14 * 86_400_000;

/** A stretch away from what is usual. */
export interface Excursion {
  /** Towards greater (1) or smaller (−1) values. */
  readonly sign: 1 | -1;
  /** How far its middle was away, on the scale of the values. */
  readonly away: number;
  /** Samples; infinite where it stayed. */
  readonly length: number;
  /** Place of its end. */
  readonly place: number;
  /** Times of its samples as far as they are kept, and the daily pattern that was known at them. */
  readonly times: Float64Array;
  readonly known: Float64Array;
}

/** Excursions of a series, told or not: one is news only where it is longer or farther than what came back often. */
export class Excursions {
  #past: Excursion[] = [];

  add(one: Excursion): void {
    this.#past = this.#past.filter((old) => recent(old, one));
    this.#past.push(one);
  }

  /** Whether as many as `often` of the window went as far for as long, but for noise. What the daily pattern explains by now does not count. */
  usual(now: Excursion, { season, sigma }: Pick<Baseline, 'season' | 'sigma'>): boolean {
    const away = ({ away, sign, times, known }: Excursion) =>
      away - sign * median(times.map((time, k) => season.at(time) - known[k]!));
    const alike = this.#past.filter(
      (old) =>
        old.sign === now.sign &&
        old.length + slack.samples >= now.length &&
        recent(old, now) &&
        away(old) >= now.away - slack.deviations * sigma,
    );
    return alike.length >= often;
  }
}

function recent(old: Excursion, now: Excursion): boolean {
  return now.place - old.place <= fewest || now.times.at(-1)! - old.times.at(-1)! <= window;
}
