import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import type { Event, Finding } from '../../core/event.ts';
import { compose } from '../../runners/compose.ts';
import { memoryOf } from '../../runners/memory.ts';
import { once, pick } from '../../runners/once.ts';

const stores = mkdtempSync(join(tmpdir(), 'throughline-lab-'));
afterAll(() => rmSync(stores, { recursive: true, force: true }));

/** Most of which a walk may wait for its turn, ms. */
export const timeout = 600_000;

let turn: Promise<unknown> = Promise.resolve();
let walking = 0;

/** One after the other: what it takes to begin would hold up the calls of walks that have begun. */
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const mine = turn.then(keptUp).then(act);
  turn = mine.catch(() => undefined);
  return mine;
}

/** Resolves when the machine keeps up with the walks under way: a slow one has fewer of them at once. */
async function keptUp(): Promise<void> {
  const lag = monitorEventLoopDelay({ resolution: 10 });
  lag.enable();
  do {
    lag.reset();
    await sleep(100);
  } while (walking > 0 && lag.percentile(90) > 40e6);
  lag.disable();
}

/**
 * Walks journeys through a lab of their own, with customers of their own; resolves to what was found and how the run ended.
 * What says of itself that nothing can be said, since our own thread stood still, is no answer: it is walked again, twice at most.
 */
export async function walked(
  faults: Readonly<Record<string, string>>,
  paths: readonly string[],
  tries = 3,
): ReturnType<typeof walkedOnce> {
  const ended = await walkedOnce(faults, paths);
  const untold = ended.findings.some(({ status, sentence }) => status === 'broken' && /our own sender/.test(sentence));
  return untold && tries > 1 ? walked(faults, paths, tries - 1) : ended;
}

async function walkedOnce(faults: Readonly<Record<string, string>>, paths: readonly string[]) {
  const findings: Finding[] = [];
  const on = (event: Event) => {
    if (event.type === 'finding') findings.push(event.finding);
  };
  const listening = { on, [Symbol.asyncDispose]: async () => {} };
  await using house = await inTurn(() => compose({ cwd: process.cwd(), faults, live: true }));
  const place = { ...house, store: mkdtempSync(join(stores, 'store-')) };
  await using memory = await inTurn(() => memoryOf(place));
  const never = new AbortController().signal;
  const journeys = await inTurn(() => pick(house, paths, []));
  walking += 1;
  const ended = await once(place, journeys, {
    wanted: { jobs: 4, repeat: 1, strict: false, failFast: false, seed: 1 },
    around: {
      memory,
      interrupt: never,
      abandon: never,
      say: () => undefined,
      reporters: new Map([['test', listening]]),
      commit: {},
    },
  }).finally(() => {
    walking -= 1;
  });
  return { findings, walks: ended.walks };
}

/** `step layer status`, sorted. */
export const blamed = (findings: readonly Finding[]) =>
  findings.map(({ step, layer, status }) => `${step} ${layer} ${status}`).sort();
