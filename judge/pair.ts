import type { Batched } from './batch.ts';
import type { Better, Scale } from './judgement.ts';

export interface Try {
  readonly batch: string;
  readonly failed: boolean;
}

/** One side of a gate: values with their batches, and how often it was tried and failed, by batch. */
export interface Side extends Batched {
  readonly tries?: readonly Try[];
}

export interface Pair {
  readonly series: string;
  readonly baseline: Side;
  readonly candidate: Side;
  readonly scale: Scale;
  readonly better: Better;
  /** Absolute floor in the unit of the values, beside the relative one. */
  readonly floorAbsolute?: number;
  /** First and last time of the candidate, epoch ms. */
  readonly from: number;
  readonly to: number;
  /** Stands for τ where there are fewer than three baseline batches. */
  readonly prior?: number;
  /** Factor on the variance where samples follow each other without batches. */
  readonly inflation?: number;
  readonly notes?: readonly string[];
}

/** The values on their scale, mirrored so that greater is worse. */
export function onScale(side: Side, { scale, better }: Pick<Pair, 'scale' | 'better'>): Batched {
  const sign = better === 'higher' ? -1 : 1;
  return {
    values: side.values.map(scale === 'log' ? (value) => sign * Math.log(value) : (value) => sign * value),
    batches: side.batches,
  };
}
