import { expect, test } from 'vitest';
import { HeardAudio } from '../../../telephony/media/heard.ts';

const frame = (value: number) => new Int16Array(160).fill(value);
const told = (pieces: readonly { position: number; samples: Int16Array; hole: boolean }[]) =>
  pieces.map(({ position, samples, hole }) => [position, samples.length, hole ? 'hole' : samples[0]]);

test('what comes in order leaves at once, what comes early waits for the hole before it', () => {
  const audio = new HeardAudio(1000);
  expect(told(audio.put(0, frame(1)))).toEqual([[0, 160, 1]]);
  expect(told(audio.put(320, frame(3)))).toEqual([]);
  expect(told(audio.put(160, frame(2)))).toEqual([
    [160, 160, 2],
    [320, 160, 3],
  ]);
});

test('a hole given up is silence, and what comes too late is counted', () => {
  const audio = new HeardAudio(1000);
  audio.put(0, frame(1));
  audio.put(320, frame(3));
  expect(told(audio.passed(320))).toEqual([
    [160, 160, 'hole'],
    [320, 160, 3],
  ]);
  expect(audio.put(160, frame(2))).toEqual([]);
  expect(audio.late).toBe(1);
  // Half of it is still wanted.
  expect(told(audio.put(400, frame(4)))).toEqual([[480, 80, 4]]);
});

test('a listener may begin in the past, as far as is remembered', () => {
  const audio = new HeardAudio(1000);
  for (let n = 0; n < 100; n++) audio.put(n * 160, frame(n));
  expect(told(audio.since(100 * 160 - 400))).toEqual([[15_600, 400, 97]]);
  expect(audio.since(0)).toMatchObject([{ position: 8000 }]);
  expect(audio.since(99_999)).toEqual([]);
});

test('what never came is not taken for silence by a listener that begins in the past', () => {
  const audio = new HeardAudio(1000);
  for (let n = 0; n < 100; n++) if (n !== 10 && n !== 90) audio.put(n * 160, frame(n));
  audio.passed(91 * 160);
  expect(told(audio.since(89 * 160))).toEqual([
    [89 * 160, 160, 89],
    [90 * 160, 160, 'hole'],
    [91 * 160, 9 * 160, 91],
  ]);
  expect(told(audio.since(90 * 160 + 40))).toEqual([
    [90 * 160 + 40, 120, 'hole'],
    [91 * 160, 9 * 160, 91],
  ]);
});

test('an hour of silence costs no memory at once', () => {
  const audio = new HeardAudio(1000);
  audio.put(0, frame(1));
  const pieces = audio.passed(8000 * 60);
  expect(Math.max(...pieces.map(({ samples }) => samples.length))).toBe(8000);
  expect(audio.settled).toBe(8000 * 60);
});
