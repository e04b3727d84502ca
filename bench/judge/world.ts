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
