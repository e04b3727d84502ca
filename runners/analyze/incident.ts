import { judgeFailureIncidents } from '../../judge/failure-incident.ts';
import { judgeIncidents } from '../../judge/incident.ts';
import type { Judgement } from '../../judge/judgement.ts';
import { warmUp } from '../../judge/recent.ts';
import { wallOf } from '../../judge/season.ts';
import { readCourse } from './courses.ts';
import type { Request } from './request.ts';
import type { Table } from './rows.ts';

/** Each series by itself, strictly in order of time; findings in the order of series and time. The scale is fixed from the warm-up. */
export function analyzeIncidents(
  table: Table,
  { scale, alpha, floor, zone, both }: Request,
): { readonly judgements: readonly Judgement[]; readonly left: number } {
  const options = { alpha, floor, both, wall: wallOf(zone) };
  let left = 0;
  const judgements = table.series.flatMap((series) => {
    const read = readCourse(series, scale, series.times[warmUp] ?? Number.POSITIVE_INFINITY);
    left += read.left;
    const found = read.course ? judgeIncidents(read.course, options) : [];
    const failures = read.tries ? judgeFailureIncidents(read.tries, options) : [];
    return [...found, ...failures].sort((a, b) => a.at! - b.at!);
  });
  return { judgements, left };
}
