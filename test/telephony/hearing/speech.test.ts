import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tune } from '../../../lab/phones/line.ts';
import { Listener } from '../../../telephony/hearing/listener.ts';
import { audioOf } from '../../../telephony/media/resample.ts';
import { cadence, cadences, join, keyTones } from '../../../telephony/media/tones.ts';
import { addPink, lose } from '../../kit/sound.ts';
import { line, silence } from './stage.ts';

/** Debian's asterisk-moh-opsound-wav and asterisk-core-sounds-en-wav (test/peers/packages.json). */
const [moh, sounds] = ['/usr/share/asterisk/moh', '/usr/share/asterisk/sounds/en_US_f_Allison'];
const wavs = (folder: string, begins: string) =>
  readdirSync(folder)
    .filter((file) => file.startsWith(begins) && file.endsWith('.wav'))
    .sort()
    .map((file) => audioOf(readFileSync(`${folder}/${file}`)));
const pieces = wavs(moh, '');
const prompts = wavs(sounds, 'conf-');
const seconds = (pcm: Int16Array, from: number, to: number) => pcm.subarray(from * 8000, to * 8000);

function listen(pcm: Int16Array, more: { readonly since?: number; readonly from?: number } = {}) {
  const listener = new Listener({ for: 'speech', ...more }, new Map());
  for (const chunk of line(pcm)) {
    const found = listener.push(chunk, chunk.at + 100);
    if (found) return { ...found, words: '' };
  }
  return { kind: 'nothing', onset: 0, knownAt: 0, words: listener.summary().words };
}

test('who speaks is heard within 2 s, or at the end of a word, from the onset on', () => {
  expect(prompts.length).toBeGreaterThan(20);
  for (const pcm of prompts)
    for (const heard of [pcm, lose(pcm, { share: 0.05, seed: 1 }), addPink(pcm, { snr: 20, seed: 1 })]) {
      const { kind, onset, knownAt } = listen(join([silence(1000), heard, silence(1000)]));
      expect(kind).toBe('speech');
      expect(knownAt - onset).toBeLessThan(2000);
      expect(onset).toBeGreaterThan(950);
    }
});

test('music of a queue is no speech, from its beginning or from the middle of it', () => {
  for (const pcm of [...pieces.map((piece) => seconds(piece, 5, 30)), join([tune, tune, tune, tune])]) {
    expect(listen(join([silence(1000), pcm]))).toMatchObject({
      kind: 'nothing',
      words: expect.stringMatching(/(^|no speech, )music$/),
    });
    expect(listen(seconds(pcm, 4, 14), { since: 0, from: 4000 })).toMatchObject({ kind: 'nothing' });
  }
});

test('nor are tones of call progress and keys', () => {
  for (const plan of Object.values(cadences))
    for (const beats of Object.values(plan))
      expect(listen(join([silence(500), cadence(beats, 9000)]))).toMatchObject({ kind: 'nothing' });
  expect(listen(join([silence(500), keyTones('0123456789*#', { ms: 250, gapMs: 80 })]))).toMatchObject({
    kind: 'nothing',
  });
});

test('who speaks after the music, without a pause, is heard from there on', () => {
  for (const [n, piece] of pieces.entries()) {
    const { kind, onset } = listen(join([silence(500), seconds(piece, 5, 15), prompts[n]!, prompts[n + 1]!]));
    expect(kind).toBe('speech');
    expect(Math.abs(onset - 10_500)).toBeLessThan(700);
  }
});
