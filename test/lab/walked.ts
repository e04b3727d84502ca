import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Event, Finding } from '../../core/event.ts';
import { compose } from '../../runners/compose.ts';
import { memoryOf } from '../../runners/memory.ts';
import { once, pick } from '../../runners/once.ts';

const stores = mkdtempSync(join(tmpdir(), 'throughline-lab-'));
afterAll(() => rmSync(stores, { recursive: true, force: true }));

/** Walks journeys through a lab of their own, with customers of their own; resolves to what was found and how the run ended. */
export async function walked(faults: Readonly<Record<string, string>>, paths: readonly string[]) {
  const findings: Finding[] = [];
  const on = (event: Event) => {
    if (event.type === 'finding') findings.push(event.finding);
  };
  const listening = { on, [Symbol.asyncDispose]: async () => {} };
  await using house = await compose({ cwd: process.cwd(), faults, live: true });
  const place = { ...house, store: mkdtempSync(join(stores, 'store-')) };
  await using memory = await memoryOf(place);
  const never = new AbortController().signal;
  const ended = await once(place, await pick(house, paths, []), {
    wanted: { jobs: 4, repeat: 1, strict: false, failFast: false, seed: 1 },
    around: {
      memory,
      interrupt: never,
      abandon: never,
      say: () => undefined,
      reporters: new Map([['test', listening]]),
      commit: {},
    },
  });
  return { findings, walks: ended.walks };
}

/** `step layer status`, sorted. */
export const blamed = (findings: readonly Finding[]) =>
  findings.map(({ step, layer, status }) => `${step} ${layer} ${status}`).sort();
