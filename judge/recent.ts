import { type Baseline, learn } from './baseline.ts';
import { ascending, quantile } from './order.ts';
import type { Wall } from './season.ts';

/** Fewest samples that say what is usual. */
export const warmUp = 48;

/** What was usual lately: normal samples in order of time, and what was learned from them; learned again at each fourteenth part of the window. */
export class Recent {
  readonly #wall: Wall;
  #times = new Float64Array(64);
  #values = new Float64Array(64);
  #size = 0;
  #new = 0;
  #baseline: Baseline | undefined;
  #sigma = 0;

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

  /** Adds a normal sample; true when the baseline was learned again. */
  add(time: number, value: number): boolean {
    if (this.#size === this.#times.length) this.#grow();
    this.#times[this.#size] = time;
    this.#values[this.#size] = value;
    this.#size += 1;
    this.#new += 1;
    const usual = this.#baseline?.rest.length ?? warmUp;
    if (this.#size < warmUp || (this.#baseline && this.#new < Math.max(6, usual / 14))) return false;
    this.#learn();
    return true;
  }

  /** Takes samples at a new level as normal: what was before is moved to it. */
  anchor(by: number, samples: readonly (readonly [number, number])[]): void {
    for (let i = 0; i < this.#size; i++) this.#values[i]! += by;
    for (const [time, value] of samples) this.add(time, value);
    this.#learn();
  }

  #learn(): void {
    this.#new = 0;
    const from = Math.max(0, this.#size - 20_000);
    const baseline = learn(this.#times.subarray(from, this.#size), this.#values.subarray(from, this.#size), this.#wall);
    const sorted = ascending(baseline.rest);
    const wide = baseline.season.found ? 0 : (quantile(sorted, 0.975) - quantile(sorted, 0.025)) / 4;
    this.#baseline = baseline;
    this.#sigma = Math.max(baseline.sigma, wide);
  }

  #grow(): void {
    const times = new Float64Array(this.#size * 2);
    times.set(this.#times);
    const values = new Float64Array(this.#size * 2);
    values.set(this.#values);
    this.#times = times;
    this.#values = values;
  }
}
