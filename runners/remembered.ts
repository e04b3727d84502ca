import { systemClock } from '../core/clock.ts';
import type { Change } from '../core/event.ts';
import type { Store } from '../store/store.ts';
import { type FindingLine, lineOf } from './analyze/line.ts';
import type { House } from './compose.ts';
import { version } from './package.ts';
import { type Remembered, remembered } from './remembered/courses.ts';
import { type Living, live } from './remembered/lives.ts';
import { opinionsOf, present } from './remembered/opinions.ts';
import { type Kept, powerLines, promisesOf } from './remembered/promises.ts';
import { candidates, commonMode, falseShare, sentenceOf } from './remembered/telling.ts';

const day = 86_400_000;
/** A marker is watched so long. */
const watched = 30 * day;

export interface Looked {
  readonly all: readonly Remembered[];
  readonly living: readonly Living[];
  readonly changes: readonly Change[];
  /** What many findings have in common, said once. */
  readonly common: readonly string[];
  readonly falseShare: string | undefined;
  readonly promises: readonly Kept[];
  /** One line a journey: what would be seen, and when. */
  readonly power: readonly string[];
}

/** Judges everything that is remembered: what got worse, since when, and what is new since the last look. */
export async function lookBack(
  house: House,
  store: Store,
  { days, journey }: { readonly days: number; readonly journey?: string },
): Promise<Looked> {
  const now = Math.round(systemClock.now());
  const all = await remembered(house, store, { from: now - days * day, ...(journey === undefined ? {} : { journey }) });
  const changes = await store.history.changes({ from: now - days * day, to: now });
  const opinions = opinionsOf(all, { zone: house.config.timezone, markers: await markersOf(store, now) });
  const living = await live(store, present(opinions), {
    now,
    sentence: (opinion) => sentenceOf(opinion, changes),
    looked: new Set(all.map(({ id }) => id)),
  });
  await store.episodes.record(
    opinions.map(({ of, judgement }) => ({
      series: of.id,
      at: now,
      kind: judgement.kind,
      method: `throughline ${version()}`,
      inputs: of.inputs,
      json: JSON.stringify(lineOf(judgement, '')),
    })),
  );
  const steps = all.filter(({ metric }) => !metric);
  const share = falseShare(await store.episodes.all());
  return {
    all,
    living,
    changes,
    common: commonMode(living, all),
    falseShare: share,
    promises: promisesOf(steps, now),
    power: powerLines(steps),
  };
}

/** Changes that are still watched: recent ones that nobody took back. */
async function markersOf(store: Store, now: number): Promise<readonly Change[]> {
  const marks = await store.markers.all();
  const undone = new Set(marks.map(({ rolls_back: id }) => id));
  return marks
    .filter(({ id, at }) => !undone.has(id) && Number(at) <= now && Number(at) > now - watched)
    .map(({ name, at, scope }) => ({ name, at: Number(at), ...(scope ? { scope: scope.split(',') } : {}) }));
}

/** One finding as `judge --json` prints it. */
export function findingLineOf(
  { state, episode, opinion }: Living,
  changes: readonly Change[],
): Partial<FindingLine> & Record<string, unknown> {
  const { id, opened, closed, label, sentence } = episode;
  const head = { finding: id, state, opened, closed, label };
  if (!opinion) return { ...head, verdict: episode.direction, at: episode.at, sentence };
  const { journey, step, metric, layer, owner, place } = opinion.of;
  const since = candidates(opinion, changes).map(({ name, at }) => ({ name, at }));
  return {
    ...head,
    journey,
    step,
    ...(metric ? { metric: metric.name } : {}),
    layer,
    owner,
    place,
    since,
    ...lineOf(opinion.judgement, sentence),
  };
}
