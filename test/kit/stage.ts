import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { guardOf, guardSettings } from '../../config/guard.ts';
import { systemClock } from '../../core/clock.ts';
import { Stopped } from '../../core/deadline.ts';
import type { Driver } from '../../core/driver.ts';
import { walk } from '../../core/engine.ts';
import type { Event, StepEnded } from '../../core/event.ts';
import type { JsonObject } from '../../core/json.ts';
import { Secrets } from '../../core/secrets.ts';
import type { Reading } from '../../core/spec/reading.ts';
import { readJourneys } from '../../core/spec.ts';
import { Stream } from '../../core/stream.ts';
import type { Status } from '../../core/verdict.ts';
import type { World } from '../../core/world.ts';

/** A folder of journeys that goes away with the test. */
export class Stage implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'throughline-'));

  write(name: string, text: string | Uint8Array): string {
    const path = join(this.root, 'journeys', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function readingOf(stage: Stage, drivers: ReadonlyMap<string, Driver>, more: Partial<Reading> = {}): Reading {
  return {
    root: join(stage.root, 'journeys'),
    drivers,
    config: { desk: { url: 'http://127.0.0.1:1/desk' } },
    env: ['TOKEN'],
    layers: ['bot', 'crm', 'web', 'routing', 'identity'],
    owner: () => undefined,
    within: 30_000,
    ...more,
  };
}

export interface Walked {
  readonly status: Status;
  readonly events: readonly Event[];
  readonly ended: readonly StepEnded[];
  /** Step name → status. */
  readonly statuses: Readonly<Record<string, Status>>;
}

interface Staging {
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly customer?: JsonObject;
  readonly secret?: readonly string[];
  readonly world?: Partial<World>;
  readonly interrupt?: AbortController;
  readonly on?: (event: Event) => void;
  readonly settings?: JsonObject;
  /** Its name in the run. */
  readonly walk?: string;
  /** Further files below journeys/: flows, data. */
  readonly also?: Readonly<Record<string, string>>;
}

/** Walks a journey given as text, in process, with real drivers. */
export async function walkText(text: string, staging: Staging): Promise<Walked> {
  using stage = new Stage();
  for (const [name, body] of Object.entries(staging.also ?? {})) stage.write(name, body);
  const path = stage.write('test.yaml', text);
  const { journeys } = await readJourneys([path], readingOf(stage, staging.drivers));
  const secrets = new Secrets();
  const events: Event[] = [];
  const stream = new Stream('run', systemClock, (event) => secrets.event(event));
  stream.listen('test', {
    on: (event) => {
      events.push(event);
      staging.on?.(event);
    },
    [Symbol.asyncDispose]: async () => undefined,
  });
  const world: World = {
    run: 'run',
    tool: 'test',
    environment: 'test',
    location: 'here',
    seed: 7,
    root: stage.root,
    project: stage.root,
    drivers: staging.drivers,
    settings: () => staging.settings ?? {},
    owner: (layer) => `${layer}-team`,
    config: {},
    env: {},
    clock: systemClock,
    emit: stream.emit,
    guard: guardOf(guardSettings.parse({}), { count: () => 1 }, { now: () => Date.now(), zone: 'UTC' }),
    secrets,
    quarantined: () => undefined,
    interrupt: (staging.interrupt ?? new AbortController()).signal,
    abandon: new AbortController().signal,
    within: { step: 5_000, walk: 60_000, finally: 10_000 },
    ...staging.world,
  };
  const [journey] = journeys;
  if (!journey) throw new Error('no journey');
  const status = await walk(journey, world, {
    walk: staging.walk ?? 'run-1',
    customer: staging.customer ?? {},
    secret: staging.secret ?? [],
  });
  const ended = events.filter((event) => event.type === 'step.ended');
  return { status, events, ended, statuses: Object.fromEntries(ended.map((end) => [end.step, end.status])) };
}

export const stopped = () => new Stopped('interrupted');
