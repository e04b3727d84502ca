import { SpecError } from '../../core/errors.ts';
import { judgeGate } from '../../judge/gate.ts';
import { judgeInterleaved } from '../../judge/interleaved.ts';
import type { Judgement } from '../../judge/judgement.ts';
import type { Pair, Side, Try } from '../../judge/pair.ts';
import { withTails } from '../../judge/tail.ts';
import { batchesOf, persistence, rowNames } from './batches.ts';
import { interleavedOf } from './interleaved.ts';
import type { Request } from './request.ts';
import type { Table } from './rows.ts';
import { outcome, type Series, side } from './series.ts';

/** Sides by column, else by time; what stands on neither is left out and counted. */
export function analyzeGate(
  table: Table,
  request: Request,
): { readonly judgements: readonly Judgement[]; readonly left: number } {
  const { at } = request;
  if (!table.has.has('side') && at === undefined)
    throw new SpecError(
      '--kind gate needs to know what is compared',
      'a column side with baseline and candidate, or --at TIME',
    );
  let left = 0;
  if (table.has.has('pair')) {
    const trials = table.series.map((series) => interleavedOf(series, table, request));
    for (const trial of trials) left += trial.left;
    const judgements = judgeInterleaved(
      trials.map(({ trial }) => trial),
      { floor: request.floor },
    );
    return { judgements, left };
  }
  const row = rowNames();
  const pairs = table.series.map((series) => {
    const made = pairOf(series, table, { request, row });
    left += made.left;
    return made.pair;
  });
  const options = { floor: request.floor };
  return { judgements: withTails(judgeGate(pairs, options), pairs, options), left };
}

function pairOf(
  series: Series,
  table: Table,
  { request, row }: { readonly request: Request; readonly row: (i: number) => string },
): { pair: Pair; left: number } {
  const { values, sides, times, outcomes } = series;
  const bySide = table.has.has('side');
  const of = (i: number) => (bySide ? sides[i]! : times[i]! < request.at! ? side.baseline : side.candidate);
  let positive = true;
  for (let i = 0; i < values.length; i++)
    if (values[i]! <= 0 && outcomes[i] !== outcome.failed && of(i) > 0) positive = false;
  const scale = request.scale === 'auto' ? (positive ? 'log' : 'linear') : request.scale;
  const { names, how } = batchesOf(series, table.batchNames, row);
  let left = 0;
  const collect = (wanted: number): Side & { readonly first: number; readonly last: number } => {
    const picked: number[] = [];
    const batches: string[] = [];
    const tries: Try[] = [];
    let first = Number.NaN;
    let last = Number.NaN;
    for (let i = 0; i < values.length; i++) {
      if (of(i) !== wanted) continue;
      const failed = outcomes[i] === outcome.failed;
      const value = values[i]!;
      const missing = Number.isNaN(value);
      if (outcomes[i] !== outcome.none) tries.push({ batch: names[i]!, failed });
      if (missing && outcomes[i] === outcome.none) continue;
      if (Number.isNaN(first)) first = times[i]!;
      last = times[i]!;
      if (missing || failed) continue;
      if (scale === 'log' && value <= 0) {
        left += 1;
        continue;
      }
      picked.push(value);
      batches.push(names[i]!);
    }
    return { values: Float64Array.from(picked), batches, tries, first, last };
  };
  const baseline = collect(side.baseline);
  const candidate = collect(side.candidate);
  if (bySide)
    for (let i = 0; i < values.length; i++) if (sides[i] === side.none && !Number.isNaN(values[i]!)) left += 1;
  const inflation = how === 'none' ? persistence([baseline.values, candidate.values], scale) : 1;
  const notes = [
    ...(how === 'gaps'
      ? [
          `no batches given: split at gaps in time into ${new Set(baseline.batches).size} and ${new Set(candidate.batches).size}`,
        ]
      : []),
    ...(how === 'none' && baseline.values.length > 0
      ? ['no batches given and no gaps in time: each sample stands for itself']
      : []),
    ...(inflation > 1.05 ? [`neighbouring samples are alike: variance ×${inflation.toFixed(1)}`] : []),
  ];
  const pair: Pair = {
    series: series.name,
    baseline,
    candidate,
    scale,
    better: series.better,
    from: candidate.first,
    to: candidate.last,
    inflation,
    notes,
  };
  return { pair, left };
}
