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

/**
 * V of values that are known to have one level in each of `parts`: 1 + 2·Σ of autocorrelations with falling weights over the first √n lags
 * (Newey & West 1987), each corrected for the levels that were taken out, at least (1 + ρ)/(1 − ρ) of neighbours. Nothing is taken off for doubt: what is judged by it stops a release.
 */
export function longInflation(parts: readonly ArrayLike<number>[]): number {
  const off = parts.flatMap((part) => {
    const centre = median(part);
    const bound = 2.5 * spread(part, centre);
    return Array.from(part, (value) => clip(value - centre, -bound, bound));
  });
  const n = off.length;
  const squares = off.reduce((sum, value) => sum + value * value, 0);
  if (squares === 0) return 1;
  const levels = parts.length;
  const at = (lag: number) => {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += off[i]! * off[i - lag]!;
    return (sum / squares + levels / n) / Math.max(0.5, 1 - (3 * levels) / n);
  };
  const lags = Math.floor(Math.sqrt(n));
  let sum = 1;
  for (let lag = 1; lag <= lags; lag++) sum += 2 * (1 - lag / (lags + 1)) * at(lag);
  const rho = clip(at(1), 0, 0.95);
  return Math.max(1, sum, (1 + rho) / (1 - rho));
}
