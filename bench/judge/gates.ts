import type { Pair } from '../../judge/pair.ts';
import { type Dice, outlier } from './world.ts';

export interface Suite {
  readonly steps: number;
  /** Deviation of a step by its place. */
  readonly sigma: (place: number, throws: Dice) => number;
  readonly old: number;
  readonly fresh: number;
  readonly tau: number;
  /** One effect for all steps of a batch instead of one for each. */
  readonly shared?: boolean;
  /** Runs a baseline batch; 5. */
  readonly size?: number;
  /** Size of the change of a step: .5 is +50 %. */
  readonly change: (place: number) => number;
}

/** One CI gate: baseline in batches, the candidate one batch, log-t5 with outliers (regression.md B1). */
export function suite(throws: Dice, world: Suite): readonly Pair[] {
  const { steps, old, fresh, tau, size = 5 } = world;
  const batches = Math.ceil(old / size) + 1;
  const effect = () => Float64Array.from({ length: batches }, () => tau * throws.normal());
  const common = effect();
  return Array.from({ length: steps }, (_, place) => {
    const level = Math.log(throws.pick([0.5, 2, 4, 8]));
    const sigma = world.sigma(place, throws);
    const noise = world.shared ? common : effect();
    const draw = (batch: number, more: number) =>
      Math.exp(level + sigma * throws.heavy() + noise[batch]! + more + outlier(throws));
    const names = Array.from({ length: old }, (_, i) => `b${Math.floor(i / size)}`);
    return {
      series: `s${place}`,
      scale: 'log',
      better: 'lower',
      from: 1,
      to: 2,
      baseline: { values: Float64Array.from(names, (_, i) => draw(Math.floor(i / size), 0)), batches: names },
      candidate: {
        values: Float64Array.from({ length: fresh }, () => draw(batches - 1, Math.log1p(world.change(place)))),
        batches: Array.from({ length: fresh }, () => 'new'),
      },
    };
  });
}

const sizes = [0.1, 0.2, 0.5, 1];
const sigmas = [0.05, 0.15, 0.3];

/** B1: 12 of 200 regressed, sizes crossed with deviations. */
export const mixed = {
  steps: 200,
  sigma: (place: number) => sigmas[place % 3]!,
  change: (place: number) => (place < 12 ? sizes[Math.floor(place / 3)]! : 0),
};

/** Stable steps with log-normal σ around .01: small beside τ, and different from step to step. */
export const quiet = {
  steps: 200,
  sigma: (_: number, throws: Dice) => 0.01 * Math.exp(0.5 * throws.normal()),
  change: () => 0,
};
