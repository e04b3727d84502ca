import { createHash } from 'node:crypto';
import { actionsOf } from '../../core/attempt.ts';
import { SpecError } from '../../core/errors.ts';
import type { Course } from '../../judge/course.ts';
import type { Tries } from '../../judge/history.ts';
import type { Quality } from '../../store/qualities.ts';
import type { Store } from '../../store/store.ts';
import type { House } from '../compose.ts';
import { pick } from '../once.ts';

/** Where a step stands, as a finding names it. */
interface Standing {
  readonly title: string;
  readonly layer: string;
  readonly owner: string;
  /** Its promise, ms. */
  readonly target?: number;
}

/** One step of a journey at one place, with all that is remembered of it. */
export interface Remembered extends Standing {
  readonly id: number;
  readonly journey: string;
  readonly step: string;
  /** A figure instead of the step's duration, of which more is better; with its unit. */
  readonly metric?: { readonly name: string; readonly unit: string };
  /** Environment, location, trigger and variant: only like is compared with like. */
  readonly place: string;
  readonly course: Course;
  readonly tries: Tries;
  /** Of each try: 1 where it was late or failed. */
  readonly missed: Uint8Array;
  /** SHA-256 over times, durations and outcomes. */
  readonly inputs: string;
}

/** Fewer samples than this say nothing of a level. */
const least = 12;

/** Every step that has a past since then. Names, layers and owners are those of the journeys as they are now. */
export async function remembered(
  house: House,
  store: Store,
  { from, journey }: { readonly from: number; readonly journey?: string },
): Promise<readonly Remembered[]> {
  const standings = await standingsOf(house);
  // Further back than samples are kept: the medians of hours, all along, so that old and new are of one kind.
  const hourly = from < (await store.rollups.rawFrom());
  if (hourly) await store.rollups.roll();
  const found: Remembered[] = [];
  for (const { id, step, environment, location, trigger, variant, ...row } of await store.series(journey)) {
    const samples = hourly ? await store.rollups.course(id, from) : await store.history.course(id, from);
    if (samples.length < least) continue;
    const timed = samples.filter(({ ms }) => typeof ms === 'number' && ms > 0);
    const series = `${row.journey} ${step}`;
    const counted = samples.filter(({ status }) => status !== 'skipped');
    const failed = Uint8Array.from(counted, ({ ms }) => (ms === null ? 1 : 0));
    found.push({
      id,
      journey: row.journey,
      step,
      place: placeOf({ environment, location, trigger, variant }),
      ...(standings.get(series) ?? { title: step, layer: '', owner: '' }),
      course: {
        series,
        better: 'lower',
        scale: 'log',
        times: Float64Array.from(timed, ({ at }) => Number(at)),
        values: Float64Array.from(timed, ({ ms }) => ms ?? 0),
      },
      tries: { series, times: Float64Array.from(counted, ({ at }) => Number(at)), failed },
      missed: Uint8Array.from(counted, ({ ms, status }) => (ms === null || status === 'degraded' ? 1 : 0)),
      inputs: createHash('sha256').update(JSON.stringify(samples)).digest('hex'),
    });
  }
  const of = { from, ...(journey === undefined ? {} : { journey }) };
  const qualities = hourly ? await store.rollups.qualities(of) : await store.history.qualities(of);
  return [...found, ...qualities.flatMap((quality) => rememberedQuality(quality, standings))];
}

const placeOf = ({ environment, location, trigger, variant }: Quality['place']) =>
  [environment, location, trigger, ...(/^(\[\]|\{\})?$/.test(variant) ? [] : [variant])].join(' ');

/** A figure of quality as a course of its own; it has no tries that fail and no promise. */
function rememberedQuality(
  { id, journey, step, place, name, unit, samples }: Quality,
  standings: ReadonlyMap<string, Standing>,
): readonly Remembered[] {
  if (samples.length < least) return [];
  const nothing = { times: new Float64Array(0), failed: new Uint8Array(0) };
  const standing = standings.get(`${journey} ${step}`) ?? { title: step, layer: '', owner: '' };
  const series = `${journey} ${step} ${name}`;
  return [
    {
      id,
      journey,
      step,
      metric: { name, unit },
      place: placeOf(place),
      title: standing.title ? `${standing.title}: ${name}` : name,
      layer: standing.layer,
      owner: standing.owner,
      course: {
        series,
        better: 'higher',
        scale: 'linear',
        times: Float64Array.from(samples, ({ at }) => at),
        values: Float64Array.from(samples, ({ value }) => value),
      },
      tries: { series, ...nothing },
      missed: nothing.failed,
      inputs: createHash('sha256').update(JSON.stringify(samples)).digest('hex'),
    },
  ];
}

/** By `journey step`; none where the journeys cannot be read, which does not change what happened. */
async function standingsOf(house: House): Promise<ReadonlyMap<string, Standing>> {
  const journeys = await pick(house, [], []).catch((error: unknown) => {
    if (error instanceof SpecError) return [];
    throw error;
  });
  const owners = new Map(house.layers.map(({ name, owner }) => [name, owner]));
  return new Map(
    journeys.flatMap((journey) =>
      [...actionsOf(journey.steps), ...journey.whenever].map((step): [string, Standing] => {
        const layer = step.layer ?? house.drivers.get(step.driver)?.actions[step.verb]?.layer ?? '';
        const owner = step.owner ?? (owners.get(layer) || journey.owner);
        const promise = step.target === undefined ? {} : { target: step.target };
        return [`${journey.id} ${step.name}`, { title: step.title ?? step.name, layer, owner, ...promise }];
      }),
    ),
  );
}
