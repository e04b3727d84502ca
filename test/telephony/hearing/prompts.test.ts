import { describe, expect, test } from 'vitest';
import { Features } from '../../../telephony/hearing/features.ts';
import { Fft, hann, PowerSpectrum } from '../../../telephony/hearing/fft.ts';
import { findEitherWay, findRigid, summed } from '../../../telephony/hearing/match.ts';
import { PromptListener } from '../../../telephony/hearing/prompt-listener.ts';
import { reference } from '../../../telephony/hearing/reference.ts';
import { warp } from '../../../telephony/hearing/warp.ts';
import { join } from '../../../telephony/media/tones.ts';
import { addPink, attenuate, babble, lose } from '../../kit/sound.ts';
import { line, silence } from './stage.ts';

const sounds = Array.from({ length: 12 }, (_, n) => babble(1500 + n * 300, n + 1));
const known = sounds.map((pcm, n) => reference(`prompt-${n}`, pcm, `text ${n}`));
const features = new Features();

function listen(expected: readonly number[], pieces: readonly Int16Array[]) {
  const listener = new PromptListener(
    expected.map((n) => known[n]!),
    known,
  );
  for (const chunk of line(...pieces)) {
    const found = listener.push(chunk, chunk.at + 100);
    if (found?.kind === 'prompt') return { found, listener };
  }
  return { found: undefined, listener };
}

test('a transform and its inverse give the signal back', () => {
  const fft = new Fft(64);
  const re = Float64Array.from({ length: 64 }, (_, n) => Math.sin(n * n));
  const im = new Float64Array(64);
  const before = [...re];
  fft.forward(re, im);
  fft.inverse(re, im);
  for (const [n, x] of before.entries()) expect(re[n]).toBeCloseTo(x, 9);
  expect(() => new Fft(48)).toThrow('48 is no power of two');
});

test('the power of each bin is that of the transform of the windowed sound', () => {
  for (const size of [4, 32, 256]) {
    const sound = Int16Array.from({ length: size + 7 }, (_, n) => 9000 * Math.sin(n * n) + 300);
    const power = new PowerSpectrum(size).of(sound, 10);
    const window = hann(size);
    for (let k = 0; k < size / 2; k++) {
      let [re, im] = [0, 0];
      for (let n = 0; n < size; n++) {
        const x = (sound[n + 10] ?? 0) * window[n]!;
        re += x * Math.cos((2 * Math.PI * k * n) / size);
        im -= x * Math.sin((2 * Math.PI * k * n) / size);
      }
      expect(power[k]).toBeCloseTo(re * re + im * im, 2);
    }
  }
});

test('every sound is found first among all, level and line left aside', () => {
  for (const [n, pcm] of sounds.entries()) {
    const heard = summed(features.of(join([silence(333), attenuate(pcm, 25), silence(200)])));
    const scores = known.map(({ patch }) => findEitherWay(patch, heard).score);
    expect(scores.indexOf(Math.max(...scores))).toBe(n);
    expect(scores[n]).toBeGreaterThan(0.88);
  }
});

test('a prompt that lost its beginning is still that prompt', () => {
  const heard = summed(features.of(sounds[5]!.subarray(8 * 1200)));
  expect(findRigid(known[5]!.patch, heard).score).toBeLessThan(0.88);
  const { score, offset } = findEitherWay(known[5]!.patch, heard);
  expect(score).toBeGreaterThan(0.95);
  expect(Math.abs(offset + 60)).toBeLessThanOrEqual(1);
});

test('words in a pause of the prompt are other words, noise in it is not', () => {
  const [one, two] = [babble(1400, 31), babble(1400, 32)];
  const halves = (between: Int16Array) => join([one, between, two]);
  const known = reference('halves', halves(silence(600)));
  const changed = (heard: Int16Array) =>
    warp(known.patch, summed(features.of(heard)), Math.round(-known.lead / 20)).changed;
  expect(changed(halves(silence(600)))).toEqual([]);
  expect(changed(addPink(halves(silence(600)), { snr: 12, seed: 1 }))).toEqual([]);
  const [word] = changed(halves(join([silence(100), babble(400, 33), silence(100)])));
  expect(word?.from).toBeGreaterThanOrEqual(1300);
  expect(word?.to).toBeLessThanOrEqual(2100);
});

test('a jump of the buffer is placed and does not spoil the score', () => {
  const pcm = sounds[6]!;
  const half = pcm.length >> 1;
  const heard = summed(features.of(join([pcm.subarray(0, half), silence(60), pcm.subarray(half)])));
  const rigid = findRigid(known[6]!.patch, heard);
  const followed = warp(known[6]!.patch, heard, rigid.offset);
  expect(followed.score).toBeGreaterThan(rigid.score);
  expect(followed.score).toBeGreaterThan(0.9);
  expect(followed.changed).toEqual([]);
  const net = followed.jumps.reduce((sum, { ms }) => sum + ms, 0);
  expect(Math.abs(net - 60)).toBeLessThanOrEqual(20);
});

test('the expected prompt is heard with its onset and end, and known soon after it ended', () => {
  const { found } = listen([3, 4], [silence(1000), sounds[4]!, silence(1500)]);
  expect(found).toMatchObject({ kind: 'prompt', name: 'prompt-4', text: 'text 4', changed: [], jumps: [] });
  expect(Math.abs(found!.onset - 1000 - known[4]!.lead)).toBeLessThanOrEqual(40);
  expect(Math.abs(found!.end - 1000 - known[4]!.lead - known[4]!.ms)).toBeLessThanOrEqual(60);
  expect(found!.knownAt - found!.end).toBeLessThan(400);
});

test.each([
  ['loss of 5 %', (pcm: Int16Array) => lose(pcm, { share: 0.05, seed: 4 })],
  ['pink noise at 10 dB', (pcm: Int16Array) => addPink(pcm, { snr: 10, seed: 4 })],
  ['a level 25 dB down', (pcm: Int16Array) => attenuate(pcm, 25)],
])('%s changes nothing', (_, change) => {
  const { found } = listen([8], [change(join([silence(1000), sounds[8]!, silence(1500)]))]);
  expect(found).toMatchObject({ name: 'prompt-8', changed: [] });
});

describe('changed wording', () => {
  const at = 8 * 1500;
  const original = sounds[9]!;
  const other = babble(4000, 77);

  test('a word of 600 ms that is another is told, with its place', () => {
    const pcm = Int16Array.from(original);
    pcm.set(other.subarray(0, 8 * 600), at);
    const { found } = listen([9], [silence(1000), pcm, silence(1500)]);
    expect(found).toMatchObject({ name: 'prompt-9' });
    const [region] = found!.changed;
    expect(Math.abs(region!.from - 1500)).toBeLessThan(250);
    expect(Math.abs(region!.to - 2100)).toBeLessThan(250);
    expect(region!.similarity).toBeLessThan(0.8);
  });

  test('so is one of another length', () => {
    const pcm = join([original.subarray(0, at), other.subarray(0, 8 * 1000), original.subarray(at + 8 * 600)]);
    const { found } = listen([9], [silence(1000), pcm, silence(1500)]);
    expect(found?.name).toBe('prompt-9');
    expect(found!.changed.length).toBeGreaterThan(0);
  });

  test('a prompt that breaks off is not the whole prompt', () => {
    const { found } = listen([9], [silence(1000), original.subarray(0, 8 * 3000), silence(3500)]);
    expect(found?.changed.at(-1)?.to).toBeGreaterThan(known[9]!.ms - 400);
  });

  test('words that were lost on the way were not changed', () => {
    const pcm = Int16Array.from(original).fill(0, at, at + 8 * 500);
    const listener = new PromptListener([known[9]!], known);
    const holes = [...line(silence(1000), pcm, silence(1500))].map((chunk) => {
      const [from, to] = [2500 - chunk.at, 3000 - chunk.at].map((ms) => Math.max(0, Math.min(800, ms * 8)));
      return listener.push({ ...chunk, holes: to! > from! ? [[from!, to!]] : [] }, chunk.at + 100);
    });
    expect(holes.find((found) => found?.kind === 'prompt')).toMatchObject({ name: 'prompt-9', changed: [] });
  });
});

test('another prompt is named, unknown speech is not', () => {
  const { found, listener } = listen([2], [silence(1000), sounds[7]!, silence(1500), babble(2500, 99), silence(1500)]);
  expect(found).toBeUndefined();
  expect(listener.others.map(({ name }) => name)).toEqual(['prompt-7', undefined]);
  expect(Math.abs(listener.others[0]!.onset - 1000)).toBeLessThan(60);
});

test('a prompt that begins like a longer one waits until it is known which', () => {
  const long = reference('long', join([sounds[0]!, silence(200), sounds[3]!]));
  const both = [known[0]!, long];
  const first = (pieces: readonly Int16Array[]) => {
    const listener = new PromptListener([known[0]!], both);
    for (const chunk of line(silence(1000), ...pieces, silence(3500))) {
      const found = listener.push(chunk, chunk.at + 100);
      if (found) return found;
    }
    return undefined;
  };
  expect(first([sounds[0]!])).toMatchObject({ kind: 'prompt', name: 'prompt-0' });
  expect(first([sounds[0]!, silence(200), sounds[3]!])).toMatchObject({ kind: 'other', name: 'long' });
});

test('a sound too short to tell apart is refused', () => {
  expect(() => reference('blip', babble(100, 3))).toThrow('150 ms are the least that can be told apart');
  expect(() => reference('nothing', silence(1000))).toThrow('nothing: 0 ms of sound');
});
