import { expect, test } from 'vitest';
import { cadence, cadences, join, keyFrequencies, keyTones, peakOf, sines } from '../../../telephony/media/tones.ts';

const level = (pcm: Int16Array) => 10 * Math.log10(pcm.reduce((sum, x) => sum + x * x, 0) / pcm.length / 2 ** 30);

test('a full-scale sine is +3.14 dBm0', () => {
  expect(peakOf(3.14)).toBe(32_768);
  expect(level(sines([1000], 1000, 0))).toBeCloseTo(-3.14 - 3.01, 1);
});

test('busy in the US is half a second on, half a second off', () => {
  const pcm = cadence(cadences.us.busy!, 3000);
  expect(pcm).toHaveLength(24_000);
  for (let half = 0; half < 6; half++) {
    const piece = pcm.subarray(half * 4000, half * 4000 + 4000);
    if (half % 2 === 0) expect(level(piece)).toBeGreaterThan(-20);
    else expect(piece.every((x) => x === 0)).toBe(true);
  }
});

test('dial tone goes on without an edge', () => {
  const pcm = cadence(cadences.us.dial!, 2500);
  for (let n = 800; n + 800 < pcm.length; n += 800) expect(level(pcm.subarray(n, n + 800))).toBeGreaterThan(-18);
});

test('keys are where Q.23 puts them, with a pause for a comma', () => {
  expect(keyFrequencies('5')).toEqual([770, 1336]);
  expect(keyFrequencies('D')).toEqual([941, 1633]);
  expect(() => keyFrequencies('E')).toThrow('"E" is no key');
  expect(keyTones('1,2', { ms: 50, gapMs: 60 })).toHaveLength(2 * 880 + 4000);
});

test('a cadence without length is refused', () => {
  expect(() => cadence([{ hz: [400], ms: 0 }], 100)).toThrow('without length');
  expect(join([Int16Array.of(1), Int16Array.of(2, 3)])).toEqual(Int16Array.of(1, 2, 3));
});
