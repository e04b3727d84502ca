import { SpecError } from '../../core/errors.ts';
import { FailureWatch } from '../../judge/failure-watch.ts';
import { worseOf } from '../../judge/failures.ts';
import type { Judgement } from '../../judge/judgement.ts';
import { LevelWatch } from '../../judge/level-watch.ts';
import { judgeMarker } from '../../judge/marker.ts';
import { wallOf } from '../../judge/season.ts';
import { readCourse } from './courses.ts';
import type { Request } from './request.ts';
import type { Table } from './rows.ts';

/** All series as one family, strictly in order of time; exactly one opinion a series. */
export function analyzeMarker(
  table: Table,
  { at, floor, scale, zone }: Request,
): { readonly judgements: readonly Judgement[]; readonly left: number } {
  if (at === undefined) throw new SpecError('--kind marker needs the time of the change', '--at 2026-03-01T14:05:00Z');
  const options = { at, floor, wall: wallOf(zone) };
  let left = 0;
  const levels: (LevelWatch | undefined)[] = [];
  const failures: (FailureWatch | undefined)[] = [];
  for (const series of table.series) {
    const read = readCourse(series, scale, at);
    left += read.left;
    levels.push(read.course && new LevelWatch(read.course, options));
    failures.push(read.tries && new FailureWatch(read.tries, options));
  }
  const watches = [...levels, ...failures].filter((watch) => watch !== undefined);
  const said = new Map(judgeMarker(watches, options).map((judgement, i) => [watches[i]!, judgement]));
  const judgements = table.series.map((_, i) => {
    const [value, failure] = [levels[i] && said.get(levels[i]), failures[i] && said.get(failures[i])];
    return value && failure ? worseOf(value, failure) : (value ?? failure)!;
  });
  return { judgements, left };
}
