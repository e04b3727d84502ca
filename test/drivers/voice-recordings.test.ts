import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { walkText } from '../kit/stage.ts';
import { telephone } from '../kit/telephone.ts';

let drivers: ReadonlyMap<string, Driver>;
beforeAll(async () => {
  drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
});

/** Recordings that are told of, and whether each is there. */
async function recorded(recordings: string, refusal: string): Promise<readonly boolean[]> {
  await using peer = await telephone(async (call) => call.signalling.answer());
  const root = mkdtempSync(join(tmpdir(), 'throughline-recordings-'));
  const steps = `steps:\n  - voice.dial: ivr\n  - voice.hang-up:\n${refusal}`;
  const { events } = await walkText(`title: a call\nowner: voice-team\n${steps}`, {
    drivers,
    world: { root },
    settings: { names: { ivr: peer.address }, recordings },
  });
  const folder = events.flatMap((event) => (event.type === 'walk.started' ? [event.folder] : []))[0] ?? '';
  const notes = events.flatMap((event) => (event.type === 'step.noted' ? [event.note] : []));
  const found = notes.flatMap((note) =>
    note.type === 'file' && note.mime === 'audio/wav' ? [existsSync(join(root, folder, note.path))] : [],
  );
  const left = existsSync(join(root, folder, 'voice/customer-1.wav'));
  expect(left).toBe(found.includes(true));
  rmSync(root, { recursive: true });
  return found;
}

test('a call is recorded always, where a step did not pass, or never', async () => {
  const failing = '  - voice.dial: { to: ivr, until: refused, status: 486 }\n';
  expect(await recorded('always', '')).toEqual([true]);
  expect(await recorded('on-trouble', '')).toEqual([]);
  expect((await recorded('on-trouble', failing))[0]).toBe(true);
  expect(await recorded('off', failing)).toEqual([]);
});
