import { median } from '../../judge/order.ts';
import { mannWhitney } from '../../judge/rank-test.ts';
import { shift } from '../../judge/shift.ts';

/** A rule of others, after its public source: whether new values are slower than old ones. */
export type PeerRule = (old: Float64Array, fresh: Float64Array) => boolean;

/** benchstat @712aea8: two-sided Mann-Whitney at .05, each benchmark by itself; here only slower ones. */
export const benchstat: PeerRule = (old, fresh) => 2 * mannWhitney(old, fresh).p <= 0.05 && median(fresh) > median(old);

/** Kayenta's NetflixACAJudge @a69573b: "High" when the lower end of the 98 % interval of the shift is above a quarter of its size. */
export const kayenta: PeerRule = (old, fresh) => {
  const { estimate, low } = shift(old, fresh, 0.98);
  return estimate > 0 && low > 0.25 * Math.abs(estimate);
};
