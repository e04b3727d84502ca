import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Listener, type Wanted } from '../../../telephony/hearing/listener.ts';
import { type Reference, reference } from '../../../telephony/hearing/reference.ts';
import { audioOf } from '../../../telephony/media/resample.ts';
import { cadence, cadences, join, keyTones, sines } from '../../../telephony/media/tones.ts';
import { addNoise, addPink, clipped, lose } from '../../kit/sound.ts';
import { line, silence } from './stage.ts';

/** Debian's asterisk-moh-opsound-wav and asterisk-core-sounds-en-wav (test/peers/packages.json). */
const [moh, sounds] = ['/usr/share/asterisk/moh', '/usr/share/asterisk/sounds/en_US_f_Allison'];
const pieces = readdirSync(moh)
  .filter((file) => file.endsWith('.wav'))
  .sort()
  .map((name) => ({ name, pcm: audioOf(readFileSync(`${moh}/${name}`)).subarray(0, 40 * 8000) }));
const prompts = readdirSync(sounds)
  .filter((file) => file.startsWith('conf-') && file.endsWith('.wav'))
  .sort()
  .map((name) => audioOf(readFileSync(`${sounds}/${name}`)));
const seconds = (pcm: Int16Array, from: number, to: number) => pcm.subarray(from * 8000, to * 8000);

function listen(wanted: Wanted, pcm: Int16Array, known: readonly Reference[] = []) {
  const listener = new Listener(wanted, new Map(known.map((one) => [one.name, one])));
  for (const chunk of line(pcm)) {
    const found = listener.push(chunk, chunk.at + 100);
    if (found) return found;
  }
  return undefined;
}
const any: Wanted = { for: 'music', names: [] };

test('hold music is music within 5 s, on clean and on bad lines', () => {
  expect(pieces).toHaveLength(5);
  for (const { name, pcm } of pieces) {
    const music = seconds(pcm, 5, 15);
    for (const heard of [music, lose(music, { share: 0.05, seed: 1 }), addPink(music, { snr: 10, seed: 1 })]) {
      const found = listen(any, join([silence(1000), heard]));
      expect(found, name).toMatchObject({ kind: 'music' });
      expect(found!.knownAt - found!.onset).toBeLessThan(5000);
    }
  }
});

test('the music of a queue begins where its announcement ends', () => {
  const announced = join([prompts[0]!, prompts[1]!, seconds(pieces[0]!.pcm, 5, 12)]);
  const onset = (prompts[0]!.length + prompts[1]!.length) / 8;
  expect(Math.abs(listen(any, announced)!.onset - onset)).toBeLessThan(700);
});

test('speech, tones of call progress, keys, noise and silence are no music', () => {
  const speech = join(prompts.flatMap((pcm) => [pcm, silence(200)]));
  expect(speech.length).toBeGreaterThan(8000 * 60);
  expect(listen(any, speech)).toBeUndefined();
  expect(listen(any, addPink(speech, { snr: 15, seed: 1 }))).toBeUndefined();
  for (const plan of Object.values(cadences))
    for (const beats of Object.values(plan)) {
      expect(listen(any, cadence(beats, 9000))).toBeUndefined();
      expect(listen(any, clipped(cadence(beats, 9000), 12))).toBeUndefined();
    }
  const information = join([sines([950], 330), sines([1400], 330), sines([1800], 330), silence(1000)]);
  expect(listen(any, join([information, information, information]))).toBeUndefined();
  for (const ms of [100, 250]) expect(listen(any, keyTones('0123456789*#', { ms, gapMs: 80 }))).toBeUndefined();
  expect(listen(any, addNoise(silence(6000), { power: -35, seed: 1 }))).toBeUndefined();
  expect(listen(any, silence(6000))).toBeUndefined();
});

test('a sample is found from wherever in it the music began, other music is not it, and none is a prompt', () => {
  const known = pieces.map(({ name, pcm }) => reference(name, seconds(pcm, 0, 30)));
  for (const [n, { name, pcm }] of pieces.entries()) {
    const wanted: Wanted = { for: 'music', names: [name] };
    const heard = join([silence(700), addPink(seconds(pcm, 11, 19), { snr: 15, seed: 1 })]);
    expect(listen(wanted, heard, known)).toMatchObject({ kind: 'music', name });
    expect(listen(wanted, seconds(pieces[(n + 1) % 5]!.pcm, 11, 19), known)).toBeUndefined();
    expect(listen(wanted, join(prompts.slice(n, n + 2)), known)).toBeUndefined();
  }
  const spoken = prompts.slice(0, 12).map((pcm, n) => reference(`prompt-${n}`, pcm));
  const names = spoken.map(({ name }) => name);
  expect(listen({ for: 'prompt', names }, seconds(pieces[2]!.pcm, 5, 13), spoken)).toBeUndefined();
});
