import { seeded } from '../../core/random.ts';

/** Draws of one seed. */
export interface Dice {
  readonly unit: () => number;
  readonly normal: () => number;
  /** Student t with 5 degrees of freedom, scaled to unit variance. */
  readonly heavy: () => number;
  readonly pick: <T>(list: readonly T[]) => T;
}

export function dice(seed: number): Dice {
  const unit = seeded(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
  const heavy = () => {
    const z = normal();
    let chi = 0;
    for (let i = 0; i < 5; i++) chi += normal() ** 2;
    return z / Math.sqrt(chi / 5) / Math.sqrt(5 / 3);
  };
  return { unit, normal, heavy, pick: (list) => list[Math.floor(unit() * list.length)]! };
}

/** A lone outlier now and then: ×(1.5 + 2·Exp(1)) with probability .015; added in log. */
export function outlier(throws: Dice): number {
  return throws.unit() < 0.015 ? Math.log(1.5 - 2 * Math.log(1 - throws.unit())) : 0;
}

export interface Change {
  readonly at: number;
  readonly until?: number;
  readonly size: number;
}

export interface Course {
  readonly n: number;
  readonly level?: number;
  readonly sigma: number;
  readonly ar?: number;
  readonly day?: number;
  readonly season?: number;
  readonly weekend?: number;
  readonly miss?: number;
  /** Hour of the week of the first sample. */
  readonly start?: number;
  readonly changes?: readonly Change[];
}

/** Hourly series of regression.md §13; NaN where a sample is missing. */
export function course(throws: Dice, world: Course): Float64Array {
  const { n, level = 4, sigma, ar = 0, day = 0, season = 0, weekend = 0, miss = 0, start = 0, changes = [] } = world;
  const values = new Float64Array(n);
  let error = throws.heavy();
  let daily = 0;
  for (let i = 0; i < n; i++) {
    const hour = (i + start) % 24;
    const weekday = Math.floor((i + start) / 24) % 7;
    if (i > 0) error = ar * error + Math.sqrt(1 - ar * ar) * throws.heavy();
    if (hour === 0) daily = day * throws.normal();
    let log = Math.log(level) + sigma * error + daily;
    log += season * (Math.exp(-((hour - 10) ** 2) / 8) + 0.8 * Math.exp(-((hour - 15) ** 2) / 10) - 0.4);
    if (weekday >= 5) log += weekend;
    for (const { at, until = n, size } of changes) if (i >= at && i < until) log += Math.log1p(size);
    log += outlier(throws);
    values[i] = miss > 0 && throws.unit() < miss ? Number.NaN : Math.exp(log);
  }
  return values;
}
