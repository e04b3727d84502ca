import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { guardOf, refuseAsleep } from '../config/guard.ts';
import { systemClock } from '../core/clock.ts';
import { walk } from '../core/engine.ts';
import { SpecError } from '../core/errors.ts';
import type { Event, RunEnded, Said } from '../core/event.ts';
import type { Journey } from '../core/journey.ts';
import { renamedOf } from '../core/renamed.ts';
import type { Reporter } from '../core/reporter.ts';
import { Secrets } from '../core/secrets.ts';
import { readJourneys } from '../core/spec.ts';
import { Stream } from '../core/stream.ts';
import { exits, type Status, statuses, worst } from '../core/verdict.ts';
import type { World } from '../core/world.ts';
import { dayIn } from '../core/zone.ts';
import { type Commit, ciJob } from './commit.ts';
import type { House } from './compose.ts';
import { lookOver } from './look-over.ts';
import type { Memory } from './memory.ts';
import { version } from './package.ts';
import { Starts } from './starts.ts';
import { strays } from './strays.ts';
import { type Turn, turnsOf } from './turns.ts';

export interface Wanted {
  readonly jobs: number;
  readonly repeat: number;
  readonly strict: boolean;
  readonly failFast: boolean;
  readonly seed?: number;
  readonly batch?: string;
}

export interface Around {
  readonly interrupt: AbortSignal;
  readonly abandon: AbortSignal;
  readonly reporters: ReadonlyMap<string, Reporter>;
  readonly commit: Commit;
  readonly memory: Memory;
  /** A line for people that is no event: why a walk waits. */
  readonly say: (line: string) => void;
  /** Said last before `run.ended`: findings over the whole run. Resolves to true when something regressed. */
  readonly gate?: (say: Stream['emit']) => Promise<boolean>;
}

/** Journeys of the wanted paths and tags, checked whole. Throws SpecError with every problem of every file. */
export async function pick(
  house: House,
  paths: readonly string[],
  tags: readonly string[],
): Promise<readonly Journey[]> {
  const place = { now: () => systemClock.now(), zone: house.config.timezone };
  const guard = guardOf(house.config.guard, { count: () => 0 }, place);
  const { journeys } = await readJourneys(
    paths.length > 0 ? paths : [house.journeys],
    house.reading((target) => guard.target(target)),
  );
  const picked =
    tags.length === 0 ? journeys : journeys.filter((journey) => tags.some((tag) => journey.tags.includes(tag)));
  await lookOver(house, picked);
  if (picked.length > 0) return picked;
  const all = [...new Set(journeys.flatMap((journey) => journey.tags))].join(', ');
  throw new SpecError(
    `no journey ${tags.length > 0 ? `is tagged ${tags.join(' or ')}` : 'was found'}`,
    all ? `tags here: ${all}` : undefined,
  );
}

/** How a run ended, and what its listeners could not write down. */
export interface Done extends RunEnded {
  readonly lost: readonly string[];
}

/** Walks every journey, a few at a time. The verdict is in the events; so is the exit code. Reporters are closed whatever happens. */
export async function once(
  house: House,
  journeys: readonly Journey[],
  { wanted, around }: { wanted: Wanted; around: Around },
): Promise<Done> {
  const secrets = new Secrets();
  secrets.add(house.config.secrets);
  const run = runId(systemClock.now());
  const stream = new Stream(run, systemClock, (event) => secrets.event(event));
  const tally = new Tally();
  stream.listen('tally', tally);
  for (const [name, reporter] of [...around.memory.reporters, ...around.reporters]) stream.listen(name, reporter);
  const listening = strays((error) => {
    tally.ended.push('broken');
    stream.fault('something of ours failed outside any step', error);
  });
  const from = systemClock.now();
  let regressed = false;
  let thrown: unknown;
  try {
    refuseAsleep(house.config.guard, { now: () => systemClock.now(), zone: house.config.timezone });
    const { leases } = around.memory;
    const turns = await turnsOf(journeys, { repeat: wanted.repeat, leases, limit: house.config.limit });
    for (const journey of journeys) for (const names of renamedOf(journey)) await around.memory.move(journey.id, names);
    const seed = wanted.seed ?? randomBytes(4).readUInt32BE(0);
    const world = worldOf(house, { run, seed, stream, secrets, around });
    stream.emit(startOf(world, { house, journeys, turns, batch: wanted.batch, commit: around.commit }));
    await work(turns, world, { ...wanted, tally, say: around.say });
    regressed = (await around.gate?.(stream.emit)) ?? false;
  } catch (error) {
    thrown = error;
    if (error instanceof SpecError) tally.misused = true;
    else tally.ended.push('broken');
  }
  listening[Symbol.dispose]();
  const interrupted = around.interrupt.aborted;
  if (tally.last !== undefined)
    stream.emit({
      type: 'run.ended',
      status: worst(tally.ended),
      ms: Math.round(systemClock.now() - from),
      walks: tally.counts(),
      interrupted,
      exit: exitOf({ ended: tally.ended, interrupted, misused: tally.misused, strict: wanted.strict, regressed }),
    });
  const lost = await stream.close();
  if (thrown !== undefined) throw thrown;
  lost.forEach(around.say);
  return { ...(tally.last as RunEnded), lost };
}

interface Starting {
  readonly house: House;
  readonly journeys: readonly Journey[];
  readonly turns: readonly Turn[];
  readonly batch: string | undefined;
  readonly commit: Commit;
}

function startOf(world: World, { house, journeys, turns, batch, commit }: Starting): Said {
  return {
    type: 'run.started',
    tool: world.tool,
    environment: world.environment,
    location: world.location,
    trigger: ciJob() === undefined ? 'manual' : 'ci',
    batch: batch ?? ciJob() ?? world.run,
    zone: house.config.timezone,
    runner: `${process.platform} ${process.arch} ${availableParallelism()} processors`,
    seed: world.seed,
    layers: house.layers,
    journeys: journeys.map(({ id, title, owner }) => ({
      id,
      title,
      owner,
      walks: turns.filter((turn) => turn.journey.id === id).length,
    })),
    ...commit,
  };
}

async function work(
  turns: readonly Turn[],
  world: World,
  how: Wanted & { readonly tally: Tally } & Pick<Around, 'say'>,
): Promise<void> {
  const queue = turns.entries();
  const starts = new Starts(world.clock);
  const worker = async () => {
    for (const [n, turn] of queue) {
      if (how.jobs > 1) await starts.next(world.interrupt);
      const bad = how.tally.ended.some((status) => status === 'failed' || status === 'broken');
      if (world.interrupt.aborted || (how.failFast && bad)) return;
      try {
        await using held = await turn.hold(world.clock, world.interrupt, how.say);
        const { customer, secret, row } = held;
        await walk(turn.journey, world, {
          walk: `${world.run}-${n + 1}`,
          customer,
          secret,
          ...(row === undefined ? {} : { row }),
        });
      } catch (error) {
        if (world.interrupt.aborted) return;
        how.tally.ended.push('broken');
        world.emit({
          type: 'run.fault',
          message: `${turn.journey.id} could not start: ${error instanceof Error ? error.message : String(error)}`,
        });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(how.jobs, turns.length) }, worker));
}

interface Making {
  readonly run: string;
  readonly seed: number;
  readonly stream: Stream;
  readonly secrets: Secrets;
  readonly around: Around;
}

function worldOf(
  { root, config, drivers, layers, store, gone }: House,
  { run, seed, stream, secrets, around }: Making,
): World {
  const zone = config.timezone;
  return {
    run,
    seed,
    secrets,
    drivers,
    env: config.visible,
    tool: `throughline ${version()}`,
    environment: config.environment,
    location: config.location ?? config.environment,
    root: store,
    project: root,
    settings: (driver) => config.drivers[driver] ?? {},
    owner: (layer) => layers.find(({ name }) => name === layer)?.owner || undefined,
    runbook: (layer) => layers.find(({ name }) => name === layer)?.runbook,
    config: config.values as World['config'],
    clock: systemClock,
    emit: stream.emit,
    guard: guardOf(config.guard, around.memory.quota, { now: () => systemClock.now(), zone }),
    quarantined: (journey, step) => {
      const hit = config.quarantine.find(
        (q) =>
          q.journey === journey &&
          (q.step === undefined || q.step === step) &&
          dayIn(zone, systemClock.now()) <= q.until,
      );
      return hit && `quarantined until ${hit.until} by ${hit.owner}: ${hit.reason}`;
    },
    ...(gone ? { gone } : {}),
    interrupt: around.interrupt,
    abandon: around.abandon,
    within: { step: config.within, walk: config.limit, finally: 10_000 },
    ...(around.commit.commit === undefined ? {} : { commit: around.commit.commit }),
    judge: around.memory.judge,
  };
}

/** Counts how walks ended, and whether a journey itself was wrong. */
class Tally implements Reporter {
  readonly ended: Status[] = [];
  misused = false;
  last: Event | undefined;

  on(event: Event): void {
    this.last = event;
    if (event.type === 'walk.ended') this.ended.push(event.status);
    if (event.type === 'step.ended' && event.trouble?.kind === 'spec') this.misused = true;
  }

  counts(): Readonly<Record<Status, number>> {
    return Object.fromEntries(
      statuses.map((status) => [status, this.ended.filter((end) => end === status).length]),
    ) as Record<Status, number>;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const runId = (now: number) =>
  `${new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15)}-${randomBytes(3).toString('hex')}`;

/** Public exit codes; when several hold: 130, 2, 1, 4, 3. */
export function exitOf(held: {
  readonly ended: readonly Status[];
  readonly interrupted: boolean;
  readonly misused: boolean;
  readonly strict: boolean;
  readonly regressed: boolean;
}): number {
  const any = (status: Status) => held.ended.includes(status);
  if (held.interrupted) return exits.interrupted;
  if (held.misused) return exits.usage;
  if (any('failed') || (held.strict && any('degraded'))) return exits.failed;
  if (held.regressed) return exits.regressed;
  return any('broken') ? exits.broken : exits.passed;
}
