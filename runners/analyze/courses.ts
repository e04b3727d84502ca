import type { Course } from '../../judge/course.ts';
import type { Tries } from '../../judge/history.ts';
import type { Scale } from '../../judge/judgement.ts';
import { outcome, type Series } from './series.ts';

/** Values and tries of one series, ready to be judged in order of time. */
export interface Read {
  /** Undefined where the series has no values. */
  readonly course: Course | undefined;
  readonly tries: Tries | undefined;
  /** Places in the course where another batch begins; empty without batches. */
  readonly blocks: readonly number[];
  /** Values left out by the log scale. */
  readonly left: number;
}

/** `auto` is log where all values before `fixed` are above 0; later ones of 0 or below are then left out. */
export function readCourse(series: Series, asked: Scale | 'auto', fixed = Number.POSITIVE_INFINITY): Read {
  const { times, values, outcomes, batches } = series;
  const usable = (i: number) => !Number.isNaN(values[i]!) && outcomes[i] !== outcome.failed;
  let positive = true;
  for (let i = 0; i < values.length && times[i]! < fixed; i++) if (usable(i) && values[i]! <= 0) positive = false;
  const scale = asked === 'auto' ? (positive ? 'log' : 'linear') : asked;
  let left = 0;
  const kept: number[] = [];
  const tried: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (outcomes[i] !== outcome.none) tried.push(i);
    if (!usable(i)) continue;
    if (scale === 'log' && values[i]! <= 0) left += 1;
    else kept.push(i);
  }
  const pick = (from: Float64Array, places: readonly number[]) => Float64Array.from(places, (i) => from[i]!);
  return {
    course:
      kept.length === 0 && tried.length > 0
        ? undefined
        : { series: series.name, better: series.better, scale, times: pick(times, kept), values: pick(values, kept) },
    tries:
      tried.length === 0
        ? undefined
        : {
            series: series.name,
            times: pick(times, tried),
            failed: Uint8Array.from(tried, (i) => (outcomes[i] === outcome.failed ? 1 : 0)),
          },
    blocks: kept.some((i) => batches[i]! >= 0)
      ? [...kept.keys()].filter((k) => k === 0 || batches[kept[k]!] !== batches[kept[k - 1]!])
      : [],
    left,
  };
}
