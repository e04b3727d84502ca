import { clip, median, spread } from './order.ts';

/** V = (1 + ρ)/(1 − ρ): by how much a mean scatters more than independent values would; ρ less half its standard error. */
export function inflationOf(values: ArrayLike<number>, cap = 8): number {
  const rho = Math.max(0, neighbours(values) - 0.5 / Math.sqrt(values.length));
  return Math.min(cap, (1 + rho) / (1 - rho));
}

/** Lag-1 autocorrelation of values clipped at 2.5 robust deviations, corrected for its small-sample bias (+1/n). */
export function neighbours(values: ArrayLike<number>): number {
  const n = values.length;
  const centre = median(values);
  const bound = 2.5 * spread(values, centre);
  let products = 0;
  let squares = 0;
  let last = 0;
  for (let i = 0; i < n; i++) {
    const now = clip(values[i]! - centre, -bound, bound);
    if (i > 0) products += now * last;
    squares += now * now;
    last = now;
  }
  return squares > 0 ? Math.min(0.95, products / squares + 1 / n) : 0;
}
