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

/** The id of the run that a batch of a file becomes: the same file gives the same ids. */
const idOf = (at: number, key: string) =>
  `${new Date(at).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;

/** Writes samples down as complete runs, one a batch, one walk a moment of a journey. Resolves to how many were new; what is there already is left alone. */
export async function writeRuns(
  store: Store,
  samples: readonly Imported[],
  origin: Origin,
): Promise<{ readonly runs: number; readonly known: number }> {
  const batches = Map.groupBy(
    samples.toSorted((a, b) => a.at - b.at),
    ({ batch }) => batch,
  );
  const known = await store.known();
  let [runs, old] = [0, 0];
  for (const [batch, some] of batches) {
    const at = some[0]?.at ?? 0;
    const run = idOf(at, `${origin.environment} ${batch} ${JSON.stringify(some)}`);
    if (known.has(run)) {
      old += 1;
      continue;
    }
    await using ledger = store.ledger();
    for (const event of eventsOf(run, { batch, at, samples: some, origin })) ledger.on(event);
    runs += 1;
  }
  return { runs, known: old };
}

function* eventsOf(
  run: string,
  { batch, at, samples, origin }: { batch: string; at: number; samples: readonly Imported[]; origin: Origin },
): Generator<Event> {
  let seq = 0;
  const head = (when: number) => {
    seq += 1;
    return { v: 1, at: when, run, seq } as const;
  };
  const { environment, location, from } = origin;
  const tool = `throughline ${version()} import`;
  const place = { file: from, line: 1, column: 1 };
  yield {
    ...head(at),
    type: 'run.started',
    tool,
    environment,
    location,
    trigger: 'ci',
    batch,
    seed: 0,
    journeys: [],
    layers: [],
  };
  const walks = { passed: 0, degraded: 0, failed: 0, broken: 0, skipped: 0 };
  let last = at;
  for (const [key, some] of Map.groupBy(samples, ({ journey, at: when }) => `${journey} ${when}`)) {
    const [{ journey, at: when } = { journey: '', at }] = some;
    const walk = `${run}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
    const of = { walk, journey };
    const status = worst(some.map(({ failed }) => (failed ? 'failed' : 'passed')));
    const ms = some.reduce((sum, one) => sum + (one.ms ?? 0), 0);
    walks[status] += 1;
    yield {
      ...head(when),
      ...of,
      type: 'walk.started',
      title: journey,
      owner: '',
      file: from,
      tags: [],
      hash: 'imported',
      variant: {},
      environment,
      location,
      tool,
      seed: 0,
      traceparent: '',
      mark: '',
      folder: `runs/${run}/${walk}`,
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
      const ended = one.failed ? 'failed' : 'passed';
      yield { ...head(when), ...of, ...common, type: 'step.started' };
      yield {
        ...head(when),
        ...of,
        ...common,
        type: 'step.ended',
        status: ended,
        ms: one.ms ?? 0,
        origin: when,
        tries: 1,
        flaky: false,
      };
      last = Math.max(last, when);
    }
    yield { ...head(when), ...of, type: 'attempt.ended', attempt: 1, status, ms };
    yield { ...head(when), ...of, type: 'walk.ended', status, ms, attempts: 1, flaky: false };
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
