import type { Finding } from '../../core/event.ts';
import type { Judgement } from '../../judge/judgement.ts';
import { couldBe, milliseconds, plainVoice } from '../../judge/words.ts';
import { floor } from './sides.ts';

/** One line over all steps about which there is nothing more to say. */
export function summary(
  rest: readonly Judgement[],
  {
    all,
    madeOf,
    figures,
    again,
  }: { readonly all: number; readonly madeOf: string; readonly figures: boolean; readonly again: boolean },
): readonly Finding[] {
  if (rest.length === 0) return [];
  const count = (verdict: string) => rest.filter((one) => one.verdict === verdict).length;
  const [unchanged, undecided, few] = [count('unchanged'), count('undecided'), count('too-few')];
  const settle = rest.map((one) => one.settle).filter((one) => one !== null);
  const most = settle.toSorted((a, b) => b.runs - a.runs)[0];
  const noun = figures ? 'steps and figures' : 'steps';
  const parts = [
    `no regression beyond ${floor.relative * 100} % (${floor.absolute} ms at least) in ${unchanged} of ${all} ${noun}`,
    ...(undecided > 0 ? [`${undecided} undecided${openOf(rest)}`] : []),
    ...(few > 0 ? [`too few runs to tell for ${few}`] : []),
    ...(most && undecided + few > 0
      ? [`about ${most.runs} runs in ${most.jobs} ${most.jobs === 1 ? 'job' : 'jobs'} would settle them`]
      : []),
    ...(again ? ['looked at before: e-values decide, which more looks do not wear out'] : []),
    madeOf,
  ];
  const status = few > 0 ? 'too-few' : undecided > 0 ? 'undecided' : 'passed';
  return [
    { kind: 'gate', status, journey: '', step: '', title: 'gate', layer: '', owner: '', sentence: parts.join('; ') },
  ];
}

/** Quotes within quotes. */
const inner = (name: string) => name.replaceAll('“', '‘').replaceAll('”', '’');

/** The widest of what is undecided, by name. */
function openOf(rest: readonly Judgement[]): string {
  const open = rest.filter(({ verdict, low, high }) => verdict === 'undecided' && low !== null && high !== null);
  const width = ({ ratio, low, high, before }: Judgement) =>
    (high! - low!) / (ratio === null ? Math.abs(before.median ?? 1) || 1 : 1);
  const widest = open.toSorted((a, b) => width(b) - width(a)).slice(0, 3);
  return widest.length === 0
    ? ''
    : `: ${widest.map((one) => `“${inner(one.series)}” ${couldBe(one, one.ratio === null ? plainVoice : milliseconds)}`).join(', ')}${open.length > 3 ? ' …' : ''}`;
}
