import { median } from '../../judge/order.ts';
import type { Pair } from '../../judge/pair.ts';
import { mannWhitney } from '../../judge/rank-test.ts';
import { shift } from '../../judge/shift.ts';

/** benchstat @712aea8: two-sided Mann-Whitney at .05, each benchmark by itself; here only slower ones. */
export function benchstat({ baseline, candidate }: Pair): boolean {
  return (
    2 * mannWhitney(baseline.values, candidate.values).p <= 0.05 && median(candidate.values) > median(baseline.values)
  );
}

/** Kayenta's NetflixACAJudge @a69573b: "High" when the lower end of the 98 % interval of the shift is above a quarter of its size. */
export function kayenta({ baseline, candidate }: Pair): boolean {
  const { estimate, low } = shift(baseline.values, candidate.values, 0.98);
  return estimate > 0 && low > 0.25 * Math.abs(estimate);
}
