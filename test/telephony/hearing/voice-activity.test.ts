import { expect, test } from 'vitest';
import { VoiceActivity, type VoiceChange } from '../../../telephony/hearing/voice-activity.ts';
import { cadence, cadences, join, sines } from '../../../telephony/media/tones.ts';
import { addNoise, babble, random } from '../../kit/sound.ts';

function changes(pcm: Int16Array, options = {}): VoiceChange[] {
  const voice = new VoiceActivity(options);
  const seen: VoiceChange[] = [];
  for (let n = 0; n < pcm.length; n += 133) seen.push(...voice.push(pcm.subarray(n, n + 133)));
  return seen;
}
const quiet = (ms: number) => new Int16Array(ms * 8);
const hiss = (ms: number, peak: number, seed = 5) => {
  const next = random(seed);
  return Int16Array.from({ length: ms * 8 }, () => Math.round((next() - 0.5) * 2 * peak));
};

test('speech after a second of silence: onset and end where they are, told soon', () => {
  const [start, end, ...more] = changes(join([quiet(1000), babble(3000, 1), quiet(1500)]));
  expect(start?.type).toBe('start');
  expect(Math.abs(start!.at - 1000)).toBeLessThanOrEqual(30);
  expect(start!.known - 1000).toBeLessThanOrEqual(100);
  expect(end?.type).toBe('end');
  expect(Math.abs(end!.at - 4000)).toBeLessThanOrEqual(150);
  expect(end!.known - end!.at).toBe(500);
  expect(more).toEqual([]);
});

test('speech that begins with the first packet still starts', () => {
  expect(changes(join([babble(2000, 2), quiet(1000)])).map(({ type }) => type)).toEqual(['start', 'end']);
});

test('a pause longer than the hang-over splits, a shorter one does not', () => {
  const said = join([quiet(1000), babble(1500, 3), quiet(400), babble(1500, 4), quiet(1500)]);
  expect(changes(said).filter(({ type }) => type === 'start')).toHaveLength(1);
  expect(changes(said, { hangMs: 300 }).filter(({ type }) => type === 'start')).toHaveLength(2);
});

test('silence, hiss, clicks and a step of noise are no speech', () => {
  const clicks = quiet(6000);
  for (let n = 4000; n < clicks.length; n += 8000) clicks[n] = 20_000;
  for (const pcm of [quiet(5000), hiss(5000, 400), clicks])
    expect(changes(pcm).filter(({ type }) => type === 'start')).toEqual([]);
  const step = changes(join([hiss(3000, 20), hiss(4000, 700, 9)]));
  expect(step.map(({ type }) => type).filter((type) => type === 'end')).toEqual([]);
});

test('a steady tone is taken back at the latest', () => {
  const types = changes(join([quiet(1000), sines([440], 2000), quiet(500)])).map(({ type }) => type);
  expect(types.filter((type) => type === 'start').length).toBe(types.filter((type) => type === 'cancel').length);
  expect(cadence(cadences.us.ringback!, 100)).toHaveLength(800);
});

test('over noise 20 dB below, speech is still found', () => {
  const pcm = addNoise(join([quiet(1500), babble(3000, 7), quiet(1500)]), { snr: 20, seed: 1 });
  const [start] = changes(pcm);
  expect(start?.type).toBe('start');
  expect(Math.abs(start!.at - 1500)).toBeLessThanOrEqual(150);
});

test('squares and peak are those of the piece, however it lies in the frames', () => {
  const sound = babble(400, 5);
  sound[333] = -32_768;
  const voice = new VoiceActivity();
  for (const [from, to] of [
    [0, 160],
    [160, 190],
    [190, 400],
    [400, 401],
    [401, 3200],
  ] as const) {
    const piece = sound.subarray(from, to);
    voice.push(piece);
    expect(voice.squares).toBe(piece.reduce((sum, x) => sum + x * x, 0));
    expect(voice.peak).toBe(piece.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  }
});
