import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { duration } from '../duration.ts';
import { type Problem, SpecError } from '../errors.ts';
import type { ActionStep, DataSource, Journey, Schedule, Step } from '../journey.ts';
import type { Json, JsonObject } from '../json.ts';
import { journeyKeys } from '../language.ts';
import { nearest } from '../nearest.ts';
import { contested } from '../renamed.ts';
import { isZone } from '../zone.ts';
import { checkValue } from './args.ts';
import { readCall } from './flow.ts';
import { type Known, runKnown, StaticNames } from './names.ts';
import { type Entry, entry, json, type Positioned, Problems, readPositioned } from './positioned.ts';
import type { Reader } from './reader.ts';
import type { Reading } from './reading.ts';
import { readText, readTime, retryOf } from './reserved.ts';
import { readSteps } from './steps.ts';

interface File {
  /** Absolute. */
  readonly file: string;
  /** As people see it. */
  readonly shown: string;
  readonly id: string;
  readonly reading: Reading;
}

export const schedule = z
  .strictObject({
    every: duration.optional(),
    cron: z.string().optional(),
    timezone: z.string().refine(isZone, 'not an IANA time zone, such as Europe/London').optional(),
    locations: z.array(z.string()).default([]),
  })
  .refine(({ every, cron }) => (every === undefined) !== (cron === undefined), 'takes either `every` or `cron`');
export const dataSource = z.strictObject({
  file: z.string().describe('CSV, relative to the journeys folder'),
  rows: z.enum(['one', 'all']).default('one').describe('one: a leased row a walk; all: one walk a row'),
  secret: z.array(z.string()).default([]).describe('columns that are redacted everywhere'),
});
export const tags = z.array(z.string().regex(/^[\w:.-]+$/, 'letters, digits, - _ : and .'));
export const variant = z.record(z.string(), z.string());

/** Reads one journey file with its flows and the header of its data. */
export async function readJourney(
  bytes: Buffer,
  file: File,
): Promise<{ readonly journey?: Journey; readonly problems: readonly Problem[] }> {
  const problems = new Problems();
  const body = readPositioned(bytes, file.shown, problems);
  if (body?.kind === 'map') {
    const journey = await journeyOf(body, file, problems);
    return problems.found.length > 0 ? { problems: inOrder(problems.found, file.shown) } : { journey, problems: [] };
  }
  if (body) problems.add(body.place, 'a journey is a mapping', 'with title, owner and steps');
  return { problems: problems.found };
}

/** As they stand in the file; those of its flows come after. */
function inOrder(problems: readonly Problem[], file: string): readonly Problem[] {
  const files = [...new Set([file, ...problems.map(({ place }) => place?.file)])];
  const line = ({ place }: Problem) => (place?.line ?? 0) * 10_000 + Math.min(place?.column ?? 0, 9999);
  return files.flatMap((name) =>
    problems.filter(({ place }) => place?.file === name).toSorted((a, b) => line(a) - line(b)),
  );
}

async function journeyOf(body: Positioned, { shown, id, reading }: File, problems: Problems): Promise<Journey> {
  keysOf(body, problems);
  const part = <T>(key: string, schema: z.ZodType<T>, usual: T): T => {
    const one = entry(body, key);
    if (!one) return usual;
    checkValue(schema, json(one.value), { node: one.value, place: one.value.place, problems, called: key });
    return schema.safeParse(json(one.value)).data ?? usual;
  };
  const text = (key: string) => readText(entry(body, key), key, problems);
  const title = text('title');
  if (title === undefined && !entry(body, 'title'))
    problems.add(body.place, 'a journey needs a `title`', 'what the customer wants, in one sentence');
  const data = await dataOf(entry(body, 'data'), part('data', dataSource.optional(), undefined), {
    reading,
    problems,
  });
  const actors = actorsOf(entry(body, 'actors'), reading, problems);
  const vars = part('vars', z.record(z.string(), z.json()), {}) as JsonObject;
  const advice: Journey['advice'][number][] = [];
  const owner = text('owner');
  if (owner === undefined) advice.push({ message: 'nobody owns this journey: add `owner`', place: body.place });
  const make = (over: Partial<Reader>): Reader => ({ ...reader, ...over });
  const known = knownOf(reading, { data: entry(body, 'data') && (data?.columns ?? []), vars });
  const reader: Reader = {
    reading,
    problems,
    advice,
    names: new StaticNames(known),
    actors: ['customer', ...Object.keys(actors)],
    prefix: '',
    taken: new Set(),
    ordinals: new Map(),
    within: [],
    actor: 'customer',
    call: readCall,
  };
  const list = (key: string, over: Partial<Reader> = {}): readonly Step[] => {
    const one = entry(body, key);
    return one ? readSteps(one.value, make(over)) : [];
  };
  const whenever = watchers(list('whenever', { names: new StaticNames(known) }), entry(body, 'whenever'), {
    reading,
    problems,
  });
  const steps = list('steps');
  if (!entry(body, 'steps')) problems.add(body.place, 'a journey needs `steps`');
  else if (steps.length === 0 && problems.found.length === 0)
    problems.add(entry(body, 'steps')?.at ?? body.place, '`steps` is empty');
  const last = list('finally', { last: true });
  const within = readTime(entry(body, 'within'), problems);
  const planned = part('schedule', schedule.optional(), undefined) as Schedule | undefined;
  const kinds = part('variant', variant, {});
  const journey: Journey = {
    id,
    title: title ?? id,
    file: shown,
    owner: owner ?? 'unowned',
    tags: part('tags', tags, []),
    actors,
    vars,
    steps,
    whenever,
    advice,
    variant: kinds,
    retry: retryOf(body, problems),
    finally: last,
    hash: createHash('sha256')
      .update(JSON.stringify([steps, whenever, last, actors, vars], withoutPlaces))
      .digest('hex')
      .slice(0, 16),
    ...(within === undefined ? {} : { within }),
    ...(planned === undefined ? {} : { schedule: planned }),
    ...(data === undefined ? {} : { data }),
  };
  for (const { from, step } of contested(journey))
    problems.add(
      step.place,
      `\`was: ${step.was}\`: there is still a step \`${from}\``,
      'a former name belongs to one step',
    );
  return journey;
}

/** Where a step stands is layout: a comment above it must not start a new history. */
function withoutPlaces(key: string, value: unknown): unknown {
  const place = key === 'place' && typeof value === 'object' && value !== null && 'line' in value && 'column' in value;
  return place ? undefined : value;
}

function keysOf(body: Positioned, problems: Problems): void {
  for (const { key, at } of body.kind === 'map' ? body.entries : []) {
    if (Object.hasOwn(journeyKeys, key)) continue;
    const close = nearest(key, Object.keys(journeyKeys));
    problems.add(
      at,
      `unknown key \`${key}\` in a journey`,
      close ? `did you mean \`${close}\`?` : `it has ${Object.keys(journeyKeys).join(', ')}`,
    );
  }
}

/** Without any column the data could not be read, which is told once and not again for each use. */
function knownOf(
  reading: Reading,
  { data, vars }: { readonly data: readonly string[] | undefined; readonly vars: JsonObject },
): ReadonlyMap<string, Known> {
  return new Map<string, Known>([
    ['customer', data?.length === 0 ? 'anything' : { names: data ?? [] }],
    ['config', { value: reading.config }],
    ['vars', { value: vars }],
    ['env', { names: reading.env, unset: reading.env.filter((name) => reading.set?.includes(name) === false) }],
    ['run', runKnown],
  ]);
}

async function dataOf(
  one: Entry | undefined,
  read: z.infer<typeof dataSource> | undefined,
  { reading, problems }: { readonly reading: Reading; readonly problems: Problems },
): Promise<DataSource | undefined> {
  if (!one || !read) return undefined;
  const path = isAbsolute(read.file) ? read.file : join(reading.root, read.file);
  const place = entry(one.value, 'file')?.value.place ?? one.value.place;
  const empty: DataSource = { ...read, file: path, columns: [], place };
  try {
    const { readHeader, rows } = await import('../rows.ts');
    const columns = await readHeader(path);
    for (const column of read.secret) {
      const close = nearest(column, columns);
      if (!columns.includes(column))
        problems.add(
          entry(one.value, 'secret')?.value.place ?? place,
          `${read.file} has no column \`${column}\``,
          close ? `did you mean \`${close}\`?` : `it has ${columns.join(', ')}`,
        );
    }
    for await (const _ of rows(path, { columns }));
    return { ...empty, columns };
  } catch (error) {
    const first = error instanceof SpecError ? error.problems[0] : undefined;
    problems.add(place, first?.message ?? (error instanceof Error ? error.message : String(error)), first?.hint);
    return empty;
  }
}

function actorsOf(one: Entry | undefined, reading: Reading, problems: Problems): Journey['actors'] {
  if (!one) return {};
  const actors: Record<string, Record<string, JsonObject>> = {};
  for (const actor of one.value.kind === 'map' ? one.value.entries : []) {
    const settings: Record<string, JsonObject> = {};
    const empty = actor.value.kind === 'scalar' && actor.value.value === null;
    if (actor.value.kind !== 'map' && !empty)
      problems.add(actor.value.place, `\`${actor.key}\` is a mapping of drivers to settings`, `${actor.key}: {}`);
    for (const part of actor.value.kind === 'map' ? actor.value.entries : []) {
      const driver = reading.drivers.get(part.key);
      const close = nearest(part.key, reading.drivers.keys());
      if (!driver)
        problems.add(
          part.at,
          `unknown driver \`${part.key}\``,
          close ? `did you mean \`${close}\`?` : `there are ${[...reading.drivers.keys()].join(', ')}`,
        );
      const value: Json = json(part.value);
      const shape = Object.keys(driver?.settings.shape ?? {});
      for (const { key, at } of part.value.kind === 'map' && driver ? part.value.entries : [])
        if (!shape.includes(key))
          problems.add(at, `${part.key} has no setting \`${key}\``, `it has ${shape.join(', ') || 'none'}`);
      if (driver && part.value.kind === 'map')
        checkValue(driver.settings.partial(), value, {
          node: part.value,
          place: part.value.place,
          problems,
          called: part.key,
        });
      settings[part.key] = (typeof value === 'object' && value !== null ? value : {}) as JsonObject;
    }
    actors[actor.key] = settings;
  }
  if (one.value.kind !== 'map') problems.add(one.value.place, '`actors` is a mapping of actors to settings of drivers');
  return actors;
}

function watchers(
  steps: readonly Step[],
  one: Entry | undefined,
  { reading, problems }: { readonly reading: Reading; readonly problems: Problems },
): readonly ActionStep[] {
  return steps.flatMap((step) => {
    if (step.kind === 'action' && reading.drivers.get(step.driver)?.actions[step.verb]?.watch) return [step];
    const verbs = [...reading.drivers].flatMap(([name, { actions }]) =>
      Object.entries(actions)
        .filter(([, action]) => action.watch)
        .map(([verb]) => `${name}.${verb}`),
    );
    problems.add(
      step.place ?? one?.at,
      `${step.kind === 'action' ? `${step.driver}.${step.verb}` : step.kind} cannot watch`,
      `these can: ${verbs.join(', ') || 'none'}`,
    );
    return [];
  });
}
