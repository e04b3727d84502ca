import { inflationOf } from './dependence.ts';
import { normalTail } from './distribution.ts';
import { median } from './order.ts';

/** Median of all slopes a place (Theil 1950, Sen 1968); of at most about 300 places, evenly chosen. */
export function slopeOf(values: ArrayLike<number>): number {
  const stride = Math.max(1, Math.ceil(values.length / 300));
  const slopes: number[] = [];
  for (let j = stride; j < values.length; j += stride)
    for (let i = 0; i < j; i += stride) slopes.push((values[j]! - values[i]!) / (j - i));
  return slopes.length > 0 ? median(slopes) : 0;
}

/** One-sided p of a monotone trend (Mann 1945, Kendall), its variance inflated by V of the residuals about the slope. */
export function trendP(values: ArrayLike<number>): number {
  const n = values.length;
  if (n < 5) return 1;
  let score = 0;
  for (let j = 1; j < n; j++) for (let i = 0; i < j; i++) score += Math.sign(values[j]! - values[i]!);
  const slope = slopeOf(values);
  const inflation = inflationOf(Float64Array.from({ length: n }, (_, i) => values[i]! - slope * i));
  const scatter = Math.sqrt(((n * (n - 1) * (2 * n + 5)) / 18) * inflation);
  return normalTail((Math.abs(score) - 1) / scatter);
}

/** Whether a line describes values better than steps at `changes`: less absolute deviation, the steps paying for their levels. */
export function isTrend(values: Float64Array, changes: readonly number[]): boolean {
  const n = values.length;
  if (n < 20) return false;
  const slope = slopeOf(values);
  const flat = Float64Array.from(values, (value, i) => value - slope * i);
  const off = deviation(flat);
  const bounds = [0, ...changes, n];
  let steps = 0;
  for (let k = 0; k + 1 < bounds.length; k++) steps += deviation(values.subarray(bounds[k]!, bounds[k + 1]!));
  const parameters = 2 * changes.length + 1 - 2;
  const criterion = (sum: number) => 2 * n * Math.log(Math.max(sum, 1e-12) / n);
  return criterion(off) < criterion(steps) + parameters * Math.log(n) && trendP(values) < 0.001;
}

function deviation(values: Float64Array): number {
  const centre = median(values);
  let sum = 0;
  for (const value of values) sum += Math.abs(value - centre);
  return sum;
}
