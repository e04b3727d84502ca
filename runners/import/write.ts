import { createHash } from 'node:crypto';
import type { Event } from '../../core/event.ts';
import { worst } from '../../core/verdict.ts';
import type { Store } from '../../store/store.ts';
import { version } from '../package.ts';
import type { Imported } from './sample.ts';

export interface Origin {
  readonly environment: string;
  readonly location: string;
  /** File name, for the history. */
  readonly from: string;
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** The id of the run that a batch of a file becomes: the same file gives the same ids. */
const idOf = (at: number, key: string) =>
  `${new Date(at).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}-${hash(key)}`;

/** Writes samples down as complete runs, one a batch, one walk a moment of a journey. Resolves to how many were new; what is there already is left alone. */
export async function writeRuns(
  store: Store,
  samples: readonly Imported[],
  origin: Origin,
): Promise<{ readonly runs: number; readonly known: number }> {
  const batches = Map.groupBy(
    samples.toSorted((a, b) => a.at - b.at),
    ({ batch, of }) => (of ? `run ${of.run}` : `batch ${batch}`),
  );
  const known = new Set(await store.known());
  let [runs, old] = [0, 0];
  for (const some of batches.values()) {
    const [first] = some;
    if (!first) continue;
    const { at, batch } = first;
    // A file that does not say when is known by what it says: by the part after the time.
    const said = JSON.stringify(some.map((one) => (one.undated ? { ...one, at: 0, batch: '' } : one)));
    const key = `${origin.environment} ${first.undated ? '' : batch} ${said}`;
    const run = first.of?.run ?? idOf(at, key);
    const there = first.undated ? [...known].some((id) => id.endsWith(`-${hash(key)}`)) : known.has(run);
    if (there) {
      old += 1;
      continue;
    }
    known.add(run);
    await using ledger = store.ledger();
    for (const event of eventsOf(run, { batch, at, samples: some, origin })) ledger.on(event);
    runs += 1;
  }
  return { runs, known: old };
}

interface Batch {
  readonly batch: string;
  readonly at: number;
  readonly samples: readonly Imported[];
  readonly origin: Origin;
}

const statusOf = ({ failed, of }: Imported) =>
  of && (of.status === 'degraded' || of.status === 'passed') && !failed ? of.status : failed ? 'failed' : 'passed';

function* eventsOf(run: string, { batch, at, samples, origin }: Batch): Generator<Event> {
  let seq = 0;
  const head = (when: number) => {
    seq += 1;
    return { v: 1, at: when, run, seq } as const;
  };
  const of = samples[0]?.of;
  const { environment, location } = of ?? origin;
  const tool = `throughline ${version()} import`;
  yield {
    ...head(at),
    type: 'run.started',
    tool,
    environment,
    location,
    trigger: of?.trigger ?? 'ci',
    batch,
    seed: 0,
    journeys: [],
    layers: [],
    ...(of?.commit ? { commit: of.commit } : {}),
  };
  const walks = { passed: 0, degraded: 0, failed: 0, broken: 0, skipped: 0 };
  const byWalk = Map.groupBy(samples, walkKeys());
  let last = at;
  for (const [key, some] of byWalk) {
    const walk = of ? key : `${run}-${hash(key)}`;
    const status = worst(some.map(statusOf));
    walks[status] += 1;
    last = Math.max(last, ...some.map((one) => one.at));
    yield* walkOf(head, { walk, some, status, tool, from: origin.from, environment, location });
  }
  const status = walks.failed > 0 ? 'failed' : 'passed';
  yield {
    ...head(last),
    type: 'run.ended',
    status,
    ms: last - at,
    walks,
    interrupted: false,
    exit: status === 'failed' ? 1 : 0,
  };
}

/** Steps of one moment are one walk; the same step again is another. */
function walkKeys(): (one: Imported) => string {
  const counts = new Map<string, number>();
  return ({ journey, step, at, of }) => {
    if (of) return of.walk;
    const key = `${journey} ${at}`;
    const n = counts.get(`${key} ${step}`) ?? 0;
    counts.set(`${key} ${step}`, n + 1);
    return n === 0 ? key : `${key} ${n}`;
  };
}

interface Walked {
  readonly walk: string;
  readonly some: readonly Imported[];
  readonly status: ReturnType<typeof worst>;
  readonly tool: string;
  readonly from: string;
  readonly environment: string;
  readonly location: string;
}

type Head = (when: number) => { readonly v: 1; readonly at: number; readonly run: string; readonly seq: number };

function* walkOf(head: Head, { walk, some, status, tool, from, environment, location }: Walked): Generator<Event> {
  const [{ journey, at: when, of: known } = { journey: '', at: 0, of: undefined }] = some;
  const of = { walk, journey };
  const ms = some.reduce((sum, one) => sum + (one.ms ?? 0), 0);
  const place = { file: from, line: 1, column: 1 };
  const start = head(when);
  yield {
    ...start,
    ...of,
    type: 'walk.started',
    title: journey,
    owner: '',
    file: from,
    tags: [],
    hash: 'imported',
    variant: known?.variant ?? {},
    environment,
    location,
    tool,
    seed: 0,
    traceparent: '',
    mark: '',
    folder: `runs/${start.run}/${walk}`,
    steps: some.length,
  };
  yield { ...head(when), ...of, type: 'attempt.started', attempt: 1 };
  for (const one of some) {
    const common = {
      attempt: 1,
      step: one.step,
      actor: 'customer',
      title: one.step,
      action: 'import',
      phase: 'steps',
      layer: '',
      owner: '',
      place,
    } as const;
    yield { ...head(one.at), ...of, ...common, type: 'step.started' };
    yield {
      ...head(one.at),
      ...of,
      ...common,
      type: 'step.ended',
      status: statusOf(one),
      ms: one.ms ?? 0,
      origin: one.at,
      tries: 1,
      flaky: false,
    };
  }
  yield { ...head(when), ...of, type: 'attempt.ended', attempt: 1, status, ms };
  yield { ...head(when), ...of, type: 'walk.ended', status, ms, attempts: 1, flaky: false };
}
