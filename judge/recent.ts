import { type Baseline, firstAfter, learn } from './baseline.ts';
import { ascending, quantile, spread } from './order.ts';
import type { Wall } from './season.ts';

/** Fewest samples that say what is usual. */
export const warmUp = 48;
/** What is an incident more often than this is usual. */
const rare = 1 / 8;
/** Lasting moves in so many samples (two weeks of hours) from which on moving is usual. */
const often = 4;
const restlessWindow = 336;
/** Samples whose scatter says whether noise has grown lately, and from where on that counts. */
const late = 40;
const grown = 1.5;
/** As the level is learned from (baseline.ts). */
const levelWindow = 14 * 86_400_000;

/**
 * What was usual lately, learned again at each fourteenth part of the window. Samples of incidents are kept beside the normal ones:
 * where they come often they are usual too, and a level that was left again (each weekend) can be a pattern.
 */
export class Recent {
  readonly #wall: Wall;
  #times = new Float64Array(64);
  #values = new Float64Array(64);
  #odd = new Uint8Array(64);
  #size = 0;
  #new = 0;
  /** Places where a new level began. */
  #levels: number[] = [0];
  #baseline: Baseline | undefined;
  #sigma = 0;
  #widened = 1;

  constructor(wall: Wall) {
    this.#wall = wall;
  }

  get baseline(): Baseline | undefined {
    return this.#baseline;
  }

  /** Deviation of usual values; where no daily pattern could be learned, at least a quarter of what 95 % of them span. */
  get sigma(): number {
    return this.#sigma;
  }

  /** By how much the latest values, or the levels of a restless series, scatter more than the window; 1 where they do not. */
  get widened(): number {
    return this.#widened;
  }

  /** Adds a normal sample; true when the baseline was learned again. */
  add(time: number, value: number): boolean {
    this.#keep(time, value, false);
    this.#new += 1;
    const usual = this.#baseline?.rest.length ?? warmUp;
    if (this.#size < warmUp || (this.#baseline && this.#new < Math.max(6, usual / 14))) return false;
    this.#learn();
    return true;
  }

  /** Keeps the samples of an incident that is over. */
  pass(samples: readonly (readonly [number, number])[]): void {
    for (const [time, value] of samples) this.#keep(time, value, true);
  }

  /** Takes samples at a new level as normal: what was before is seen from it. */
  anchor(samples: readonly (readonly [number, number])[]): void {
    this.#levels.push(this.#size);
    for (const [time, value] of samples) this.#keep(time, value, false);
    this.#learn();
  }

  #learn(): void {
    this.#new = 0;
    const from = Math.max(0, this.#size - 20_000);
    const recent = Math.max(
      from,
      firstAfter(this.#times.subarray(0, this.#size), this.#times[this.#size - 1]! - levelWindow),
    );
    const odd = this.#odd.subarray(recent, this.#size).reduce((sum, one) => sum + one, 0);
    const all = odd > rare * (this.#size - recent);
    const kept: number[] = [];
    for (let i = from; i < this.#size; i++) if (all || this.#odd[i] === 0) kept.push(i);
    const levels = this.#levels.map((start) => kept.findIndex((i) => i >= start));
    const baseline = learn(
      Float64Array.from(kept, (i) => this.#times[i]!),
      Float64Array.from(kept, (i) => this.#values[i]!),
      this.#wall,
      levels,
    );
    const sorted = ascending(baseline.rest);
    const wide = baseline.season.found ? 0 : (quantile(sorted, 0.975) - quantile(sorted, 0.025)) / 4;
    const lately = baseline.rest.length >= 2 * late ? spread(baseline.rest.subarray(-late)) / (baseline.sigma || 1) : 1;
    const restless = this.#levels.filter((start) => start > this.#size - restlessWindow).length >= often;
    const moves = restless ? baseline.unlevelled / (baseline.sigma || 1) : 1;
    this.#widened = Math.max(1, moves, lately > grown ? lately : 1);
    this.#baseline = baseline;
    this.#sigma = Math.max(baseline.sigma * this.#widened, wide);
  }

  #keep(time: number, value: number, odd: boolean): void {
    if (this.#size === this.#times.length) this.#grow();
    this.#times[this.#size] = time;
    this.#values[this.#size] = value;
    this.#odd[this.#size] = odd ? 1 : 0;
    this.#size += 1;
  }

  #grow(): void {
    const times = new Float64Array(this.#size * 2);
    times.set(this.#times);
    const values = new Float64Array(this.#size * 2);
    values.set(this.#values);
    const odd = new Uint8Array(this.#size * 2);
    odd.set(this.#odd);
    this.#times = times;
    this.#values = values;
    this.#odd = odd;
  }
}
