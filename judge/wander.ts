import { clip, mean, spread, variance } from './order.ts';

/** Blocks that a scale of wandering is learned from, at least: few changes of level then touch few of them. */
const fewest = 29;
/** Standard errors by which what was learned is lowered before it counts; more for days, of which there are few and which nobody declared to share their luck. */
const doubt = { declared: 2, days: 3 } as const;

/** Values that may share their luck. */
export interface Blocks {
  /** First index of each block, ascending, beginning with 0. */
  readonly starts: readonly number[];
  readonly why: 'declared' | 'days';
}

/**
 * By how much the level wanders all the time, as a variance inflation of means: blocks of 5, 10, 20 … values, and `given` ones (batches,
 * days), whose means differ from their neighbours' by more than `residual`, the variance of single values about their level, explains.
 * Asked of the median difference, so that a few changes of level do not count, and about it, so that a steady trend does not
 * (as an Allan variance, made robust). 1 where values are independent.
 */
export function wander(values: Float64Array, residual: number, given?: Blocks): number {
  const square = residual || variance(values);
  if (!(square > 0)) return 1;
  const calm = withoutOutliers(values, 3 * Math.sqrt(square));
  let most = given ? inflationBy(calm, given, square) : 1;
  for (let length = 5; values.length / length > fewest; length *= 2) {
    const starts = Array.from({ length: Math.floor(values.length / length) }, (_, k) => k * length);
    most = Math.max(most, inflationBy(calm, { starts, why: 'declared' }, square));
  }
  return most;
}

/** Values at most `bound` from the median of five around them. */
function withoutOutliers(values: Float64Array, bound: number): Float64Array {
  const near: number[] = [];
  return values.map((value, i) => {
    near.length = 0;
    for (let k = Math.max(0, i - 2); k <= Math.min(values.length - 1, i + 2); k++) {
      let at = near.length;
      for (; at > 0 && near[at - 1]! > values[k]!; at--) near[at] = near[at - 1]!;
      near[at] = values[k]!;
    }
    const middle = near[near.length >> 1]!;
    return clip(value, middle - bound, middle + bound);
  });
}

function inflationBy(values: Float64Array, { starts, why }: Blocks, square: number): number {
  if (starts.length < 8) return 1;
  const blocks = starts.map((from, k) => values.subarray(from, starts[k + 1] ?? values.length));
  const typical = values.length / blocks.length;
  const full = blocks.filter((block) => block.length >= typical / 2);
  const steps = full.slice(1).map((block, k) => mean(block) - mean(full[k]!));
  if (typical < 1.5 || steps.length < 7) return 1;
  const each = full.reduce((sum, block) => sum + 1 / block.length, 0) / full.length;
  const between = spread(steps) ** 2 / 2;
  return Math.max(1, (between / (square * each)) * Math.exp(-doubt[why] * (2.3 / Math.sqrt(steps.length))));
}
