import { expect, test } from 'vitest';
import { InBandReader } from '../../../telephony/hearing/in-band.ts';
import { g711 } from '../../../telephony/media/g711.ts';
import { join, keyTones, peakOf, sines } from '../../../telephony/media/tones.ts';
import { addNoise, attenuate } from '../../kit/sound.ts';

const keys = '0123456789*#ABCD';
const { encode, decode } = g711('PCMU');

function hear(pcm: Int16Array) {
  const reader = new InBandReader();
  const heard = [];
  // Odd pieces: a reader must not care how the audio was cut.
  const line = decode(encode(join([pcm, new Int16Array(800)])));
  for (let n = 0; n < line.length; n += 77) heard.push(...reader.push(line.subarray(n, n + 77)));
  return heard;
}
const named = (pcm: Int16Array) =>
  hear(pcm)
    .map(({ digit }) => digit)
    .join('');

test.each([
  ['100/100', { ms: 100, gapMs: 100 }],
  ['50/50', { ms: 50, gapMs: 50 }],
  ['40/40', { ms: 40, gapMs: 40 }],
  ['70/30', { ms: 70, gapMs: 30 }],
])('all keys at %s ms are heard', (_, options) => {
  expect(named(keyTones(keys, options))).toBe(keys);
});

test('times are those of the tone', () => {
  const [first, second] = hear(join([new Int16Array(4000), keyTones('12', { ms: 100, gapMs: 200 })]));
  for (const [digit, at] of [
    [first!, 500],
    [second!, 800],
  ] as const) {
    expect(Math.abs(digit.at - at)).toBeLessThan(12);
    expect(Math.abs(digit.ms - 100)).toBeLessThan(16);
  }
});

test('soft, loud and noisy lines are heard', () => {
  expect(named(attenuate(keyTones(keys), 30))).toBe(keys);
  expect(named(attenuate(keyTones(keys), -4))).toBe(keys);
  expect(named(addNoise(keyTones(keys), { snr: 12, seed: 3 }))).toBe(keys);
});

test('too short, too far off in frequency, too twisted or single tones are no digits', () => {
  expect(named(keyTones(keys, { ms: 22, gapMs: 100 }))).toBe('');
  expect(named(sines([770 * 1.035, 1336 * 1.035], 100))).toBe('');
  expect(named(sines([1336], 200))).toBe('');
  const twisted = sines([770], 100, -20).map(
    (x, n) => x + Math.round(peakOf(-8) * Math.sin((2 * Math.PI * 1336 * n) / 8000)),
  );
  expect(named(twisted)).toBe('');
});
