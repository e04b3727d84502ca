import type { Better, Scale } from './judgement.ts';

/** The samples of one series in order of time, without missing ones. */
export interface Course {
  readonly series: string;
  readonly better: Better;
  readonly scale: Scale;
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  /** In the unit of the values; all above 0 on the log scale. */
  readonly values: Float64Array;
}

/** The values on their scale. */
export function scaled({ scale, values }: Pick<Course, 'scale' | 'values'>): Float64Array {
  return scale === 'log' ? values.map(Math.log) : values;
}

/** A relative floor on the scale of the values; on the linear one it is a share of the typical size of `level`. */
export function floorOn(scale: Scale, floor: number, level: number): number {
  return scale === 'log' ? Math.log1p(floor) : floor * Math.abs(level);
}
