import { join } from 'node:path';
import { Attempt, actionsOf, stopAfter } from './attempt.ts';
import type { Finding, StepEnded } from './event.ts';
import type { Journey } from './journey.ts';
import { seeded, seedOf } from './random.ts';
import type { Walking } from './sessions.ts';
import type { Status } from './verdict.ts';
import type { Leg, World } from './world.ts';

/** Walks one journey once, with its attempts. Never throws: whatever happens is an event. */
export async function walk(journey: Journey, world: World, leg: Leg): Promise<Status> {
  const from = world.clock.now();
  const { walk: id } = leg;
  world.secrets.add(leg.secret);
  const course = courseOf(journey, world, leg);
  const steps = [...actionsOf([...journey.steps, ...journey.finally])].length + journey.whenever.length;
  world.emit({
    type: 'walk.started',
    walk: id,
    journey: journey.id,
    title: journey.title,
    owner: journey.owner,
    file: journey.file,
    tags: journey.tags,
    hash: journey.hash,
    variant: journey.variant,
    environment: world.environment,
    location: world.location,
    tool: world.tool,
    seed: world.seed,
    traceparent: course.traceparent,
    mark: course.mark,
    folder: join('runs', world.run, id),
    steps,
    ...(world.commit === undefined ? {} : { commit: world.commit }),
    ...(leg.row === undefined ? {} : { row: leg.row }),
  });
  const ends: { status: Status; ended: readonly StepEnded[] }[] = [];
  for (let attempt = 1; attempt <= 1 + journey.retry; attempt += 1) {
    ends.push(await once({ ...course, attempt }));
    const [last, before] = [ends.at(-1)?.status, ends.at(-2)?.status];
    const again = last === 'failed' || (last === 'broken' && before !== 'broken');
    if (!again || world.interrupt.aborted) break;
  }
  const last = ends.at(-1);
  const status = last?.status ?? 'broken';
  await tell(last?.ended ?? [], journey, world, id);
  const flaky =
    (ends.length > 1 && (status === 'passed' || status === 'degraded')) || (last?.ended.some((e) => e.flaky) ?? false);
  world.emit({
    type: 'walk.ended',
    walk: id,
    journey: journey.id,
    status,
    ms: ms(world, from),
    attempts: ends.length,
    flaky,
  });
  return status;
}

async function once(walking: Walking): Promise<{ status: Status; ended: readonly StepEnded[] }> {
  const { world, journey, leg, attempt } = walking;
  const from = world.clock.now();
  const head = { walk: leg.walk, journey: journey.id, attempt };
  world.emit({ type: 'attempt.started', ...head });
  using limit = stopAfter(journey.within ?? world.within.walk, 'the journey took longer than its `within`');
  const running = new Attempt(walking);
  let status: Status = 'broken';
  try {
    status = await running.run(AbortSignal.any([world.interrupt, limit.signal]));
  } catch (error) {
    const stack = error instanceof Error && error.stack ? { stack: error.stack } : {};
    world.emit({ type: 'run.fault', walk: leg.walk, message: `the engine itself failed: ${String(error)}`, ...stack });
  }
  world.emit({ type: 'attempt.ended', ...head, status, ms: ms(world, from) });
  return { status, ended: running.telling.ended };
}

/** One finding for each step that did not pass; a step made of steps leaves it to them. */
async function tell(ended: readonly StepEnded[], journey: Journey, world: World, walk: string): Promise<void> {
  for (const end of ended) {
    const whole = end.action === 'use' || end.action === 'together';
    if (end.status === 'passed' || end.status === 'skipped' || (whole && end.trouble)) continue;
    if (whole && end.reason) continue;
    const runbook = end.status === 'broken' ? undefined : world.runbook?.(end.layer);
    const plain: Finding = {
      kind: 'step',
      status: end.status,
      journey: journey.id,
      step: end.step,
      title: end.title,
      layer: end.layer,
      owner: end.owner,
      sentence: end.sentence ?? `${end.title} ${end.status}`,
      ...(end.trouble ? { trouble: end.trouble.kind } : {}),
      ...(end.trouble?.hint ? { hint: end.trouble.hint } : {}),
      ...(runbook === undefined ? {} : { runbook }),
    };
    let finding = plain;
    try {
      finding = (await world.judge?.(plain, end)) ?? plain;
    } catch (error) {
      world.emit({
        type: 'run.fault',
        walk,
        message: `the past could not be asked about ${end.step}: ${String(error)}`,
      });
    }
    world.emit({ type: 'finding', walk, finding });
  }
}

/** One trace and one mark a walk, handed to every driver (W3C Trace Context §3.2: version, trace id, parent id, flags). */
function courseOf(journey: Journey, world: World, leg: Leg): Omit<Walking, 'attempt'> {
  const random = seeded(seedOf(world.seed, world.run, leg.walk, 'trace'));
  const hex = (bytes: number) =>
    Array.from({ length: bytes }, () =>
      Math.floor(random() * 256)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
  return {
    journey,
    world,
    leg,
    traceparent: `00-${hex(16)}-${hex(8)}-01`,
    mark: `${journey.id}; run=${world.run}; walk=${leg.walk}`,
    folder: join(world.root, 'runs', world.run, leg.walk),
  };
}

const ms = (world: World, from: number) => Math.round((world.clock.now() - from) * 1000) / 1000;
