import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { muteIn, sliceOf } from '../../../telephony/evidence/slice.ts';
import { readWav, writeWav } from '../../../telephony/evidence/wav.ts';

const startedAt = 1_000_000;
const ramp = Int16Array.from({ length: 8000 }, (_, n) => n);
let folder: string;
const record = async (name: string) => {
  const path = join(folder, name);
  await writeFile(path, writeWav({ rate: 8000, channels: [ramp, ramp.map((x) => -x)] }));
  return { path, startedAt };
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slice-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a step gets its own stretch of both channels', async () => {
  const bytes = await sliceOf(await record('a.wav'), { from: startedAt + 250, to: startedAt + 350 });
  const { rate, channels } = readWav(bytes);
  expect([rate, channels.length, channels[0]!.length]).toEqual([8000, 2, 800]);
  expect([channels[0]![0], channels[1]![799]]).toEqual([2000, -2799]);
});

test('a stretch beyond the recording is what there is of it', async () => {
  const recording = await record('b.wav');
  const length = async (from: number, to: number) =>
    readWav(await sliceOf(recording, { from: startedAt + from, to: startedAt + to })).channels[0]!.length;
  expect(await length(-500, 100)).toBe(800);
  expect(await length(900, 5000)).toBe(800);
  expect(await length(5000, 6000)).toBe(0);
  expect(await length(300, 200)).toBe(0);
});

test('secrets are silent in the slice and, when asked, in the recording', async () => {
  const recording = await record('c.wav');
  const secret = { from: startedAt + 300, to: startedAt + 310 };
  const [cut] = readWav(await sliceOf(recording, { from: startedAt + 290, to: startedAt + 320 }, [secret])).channels;
  expect(cut!.subarray(80, 160).every((x) => x === 0)).toBe(true);
  expect([cut![79], cut![160]]).toEqual([2399, 2480]);
  await muteIn(recording, [secret, { from: startedAt + 990, to: startedAt + 99_000 }]);
  const [heard, said] = readWav(await readFile(recording.path)).channels;
  for (const side of [heard!, said!]) {
    expect(side).toHaveLength(8000);
    expect(side.subarray(2400, 2480).every((x) => x === 0)).toBe(true);
    expect(side.subarray(7920).every((x) => x === 0)).toBe(true);
    expect(Math.abs(side[2399]!)).toBe(2399);
  }
});
