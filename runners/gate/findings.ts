import { bandOf } from '../../core/band.ts';
import type { Change, Finding } from '../../core/event.ts';
import type { Json } from '../../core/json.ts';
import { type CommonMode, commonSentence, parentShare, shareSentence } from '../../judge/attribution.ts';
import type { Judgement, Tail } from '../../judge/judgement.ts';
import { median } from '../../judge/order.ts';
import { figures, milliseconds, sentence, type Voice } from '../../judge/words.ts';
import type { Told, Watched } from './candidate.ts';
import type { Sides } from './sides.ts';

/** What the gate knows of one step when it tells of it. */
export interface Telling {
  readonly side: Sides;
  readonly all: readonly Sides[];
  readonly changes: readonly Change[];
  /** Said of this step with all the others, and not once more of it alone. */
  readonly common: boolean;
}

const voiceOf = ({ metric }: Watched): Voice => (metric ? figures(metric.unit) : milliseconds);

export function findingOf(judgement: Judgement, { side, all, changes, common }: Telling): Finding {
  const { watched, before } = side;
  const { title, layer, target, metric } = watched;
  const touching = (change: Change) => Number(change.scope?.includes(layer) ?? false);
  const ranked = changes.toSorted((a, b) => touching(b) - touching(a) || b.at - a.at);
  const voice = voiceOf(watched);
  const share = metric ? undefined : shareOf(judgement, side, all);
  const said = [
    sentence({ ...judgement, series: title }, voice),
    ...(share && share.share !== null ? [shareSentence(share, voice)] : []),
    ...(ranked[0] ? [`since ${ranked[0].name}`] : []),
  ];
  const last = before.findLast(({ status }) => status === 'passed');
  return {
    kind: 'gate',
    status: judgement.verdict === 'improved' ? 'improved' : 'regressed',
    ...named(watched),
    sentence: said.join('; '),
    ...(last ? { lastGood: { run: last.run, at: last.at } } : {}),
    ...(ranked.length > 0 ? { changes: ranked.slice(0, 5) } : {}),
    details: {
      confirmed: judgement.confirmed,
      ...(common ? { common } : {}),
      ratio: judgement.ratio,
      low: judgement.low,
      high: judgement.high,
      before: { ...judgement.before },
      after: { ...judgement.after },
      ...(metric ? { metric: metric.name, unit: metric.unit, difference: judgement.difference } : {}),
      ...(share ? { share: { ...share } } : {}),
      ...(judgement.tail ? { tail: detailsOf(judgement.tail) } : {}),
      ...chartOf(side, ranked, target),
    },
  };
}

/** What all steps have in common, said once; `along`: how many of those that are found worse moved no more than that. */
export function commonFinding(
  common: CommonMode,
  { confirmed, along }: { readonly confirmed: boolean; readonly along: number },
): Finding {
  const way = common.ratio > 1 ? 'worse' : 'better';
  const rest = along > 0 ? `; ${along} of the steps found ${way} moved no further than that` : '';
  return {
    kind: 'gate',
    status: common.ratio > 1 ? 'regressed' : 'improved',
    journey: '',
    step: '',
    title: 'everything',
    layer: '',
    owner: '',
    sentence: `${commonSentence(common)}${rest}`,
    details: { confirmed, ratio: common.ratio, low: common.low, high: common.high, steps: common.steps },
  };
}

const named = ({ like, step, title, layer, owner }: Watched) => ({ journey: like.journey, step, title, layer, owner });

const detailsOf = ({ percentile, before, after, ratio, low, high, beyond }: Tail) => ({
  percentile,
  before: { ...before },
  after: { ...after },
  ratio,
  low,
  high,
  p: beyond?.p ?? null,
});

/** How much of what its journey lost lies in this step; nothing for a journey of one step, or where no walk has them all. */
function shareOf(judgement: Judgement, { watched }: Sides, all: readonly Sides[]) {
  const { like, title } = watched;
  const key = JSON.stringify(like);
  const own = all.filter((side) => !side.watched.metric && JSON.stringify(side.watched.like) === key);
  const [before, after] = [wholes(own.map((side) => side.before)), wholes(own.map((side) => side.after))];
  if (own.length < 2 || before.median === null || after.median === null || judgement.type === 'failures') return;
  return parentShare({ ...judgement, series: title }, { series: like.journey, before, after });
}

/** Time in all steps of a walk, of the walks that went through all of them. */
function wholes(steps: readonly (readonly Told[])[]) {
  const walks = Map.groupBy(steps.flat(), ({ walk }) => walk);
  const sums = [...walks.values()].flatMap((told) => {
    const sum = told.reduce((all, { value = Number.NaN }) => all + value, 0);
    return told.length === steps.length && Number.isFinite(sum) ? [sum] : [];
  });
  return { n: sums.length, median: sums.length > 0 ? median(sums) : null };
}

function chartOf({ before, after }: Sides, markers: readonly Change[], target: number | undefined) {
  const band = bandOf(before.flatMap(({ value }) => (value === undefined ? [] : [value])));
  const points = (told: readonly Told[], side: string): Json[] =>
    told.flatMap(({ at, value }) => (value === undefined ? [] : [{ at, ms: value, side }]));
  return {
    runs: [...new Set(after.map(({ run }) => run))],
    points: [...points(before, 'baseline'), ...points(after, 'candidate')],
    markers: markers.map(({ at, name }) => ({ at, name })),
    ...(target === undefined ? {} : { target }),
    ...(band ? { band } : {}),
  };
}
