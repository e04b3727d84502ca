import { judgeFailureHistory, judgeHistory } from '../../judge/history.ts';
import type { Judgement } from '../../judge/judgement.ts';
import { readCourse } from './courses.ts';
import type { Request } from './request.ts';
import type { Table } from './rows.ts';

/** Each series by itself; findings in the order of series and time. */
export function analyzeHistory(
  table: Table,
  { scale, alpha, floor }: Request,
): { readonly judgements: readonly Judgement[]; readonly left: number } {
  let left = 0;
  const judgements = table.series.flatMap((series) => {
    const read = readCourse(series, scale);
    left += read.left;
    const found = read.course ? judgeHistory(read.course, { alpha, floor, blocks: read.blocks }) : [];
    const failures = read.tries ? judgeFailureHistory(read.tries, { alpha, floor }) : [];
    return [...found, ...failures].sort((a, b) => a.at! - b.at!);
  });
  return { judgements, left };
}
