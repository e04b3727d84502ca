import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Part } from '../../../telephony/hearing/lattice.ts';
import { Listener } from '../../../telephony/hearing/listener.ts';
import { reference, sounding } from '../../../telephony/hearing/reference.ts';
import { audioOf } from '../../../telephony/media/resample.ts';
import { join } from '../../../telephony/media/tones.ts';
import { addPink, attenuate, carried, lose } from '../../kit/sound.ts';
import { line, silence } from './stage.ts';

/** Debian's asterisk-core-sounds-en-wav (test/peers/packages.json). */
const folder = '/usr/share/asterisk/sounds/en_US_f_Allison';
const names = [
  'vm-youhave',
  'vm-messages',
  'vm-goodbye',
  ...readdirSync(`${folder}/digits`).flatMap((file) =>
    /^(\d+|hundred|thousand)\.wav$/.test(file) ? `digits/${file.slice(0, -4)}` : [],
  ),
];
const pcm = new Map(names.map((name) => [name, audioOf(readFileSync(`${folder}/${name}.wav`))] as const));
const known = new Map([...pcm].map(([name, samples]) => [name, reference(name, samples, name)] as const));
const numbers = names.filter((name) => name.startsWith('digits/'));
const parts: readonly Part[] = [
  { kind: 'fixed', names: ['vm-youhave'] },
  { kind: 'slot', names: numbers },
  { kind: 'fixed', names: ['vm-messages'] },
];

function put(...said: readonly string[]): Int16Array {
  const pieces = said.flatMap((name, n) => {
    const samples = pcm.get(name)!;
    const { from, to } = sounding(samples);
    return [samples.subarray(from, to), silence(40 + 17 * (n % 4))];
  });
  return join([silence(900), ...pieces, silence(2000)]);
}

function listen(samples: Int16Array, wanted: readonly Part[] = parts) {
  const listener = new Listener({ for: 'sequence', parts: wanted }, known);
  for (const chunk of line(samples)) {
    const found = listener.push(chunk, chunk.at + 100);
    if (found?.kind === 'sequence') return { found, listener };
  }
  return { found: undefined, listener };
}
const heard = (samples: Int16Array, wanted?: readonly Part[]) =>
  listen(samples, wanted).found?.pieces.map(({ name }) => name);

test.each([
  ['as it is', (samples: Int16Array) => samples],
  ['20 dB softer', (samples: Int16Array) => attenuate(samples, 20)],
  ['pink noise at 15 dB', (samples: Int16Array) => addPink(samples, { snr: 15, seed: 2 })],
  ['nothing below 600 Hz', (samples: Int16Array) => carried(samples, 600)],
  ['loss of 3 %', (samples: Int16Array) => lose(samples, { share: 0.03, seed: 2 })],
])('numbers are read out of what was put together: %s', (_, change) => {
  for (const said of [
    ['vm-youhave', 'digits/6', 'vm-messages'],
    ['vm-youhave', 'digits/60', 'digits/6', 'vm-messages'],
    ['vm-youhave', 'digits/2', 'digits/hundred', 'digits/17', 'vm-messages'],
    ['vm-youhave', 'digits/5', 'digits/5', 'digits/9', 'digits/0', 'vm-messages'],
  ])
    expect(heard(change(put(...said)))).toEqual(said);
});

test('the onset is that of the first piece, the end that of the last', () => {
  const { found } = listen(put('vm-youhave', 'digits/3', 'vm-messages'));
  expect(Math.abs(found!.onset - 900)).toBeLessThan(40);
  const end = 900 + ['vm-youhave', 'digits/3', 'vm-messages'].reduce((sum, name) => sum + known.get(name)!.ms, 40 + 57);
  expect(Math.abs(found!.end - end)).toBeLessThan(60);
  expect(found!.knownAt - found!.end).toBeLessThan(500);
});

test('a slot at the end is heard out, and <any> stands for what is not known', () => {
  const last: readonly Part[] = [parts[0]!, parts[1]!];
  expect(heard(put('vm-youhave', 'digits/4', 'digits/2'), last)).toEqual(['vm-youhave', 'digits/4', 'digits/2']);
  const any: readonly Part[] = [parts[0]!, { kind: 'any' }, parts[2]!];
  expect(heard(put('vm-youhave', 'vm-goodbye', 'vm-messages'), any)).toEqual(['vm-youhave', 'vm-messages']);
});

test('what is not said is not heard: other words within, the end missing', () => {
  expect(heard(put('vm-youhave', 'digits/3', 'vm-goodbye', 'vm-messages'))).toBeUndefined();
  const { found, listener } = listen(put('vm-youhave', 'digits/3', 'vm-goodbye'));
  expect(found).toBeUndefined();
  expect(listener.summary().pieces?.map(({ name }) => name)).toEqual(['vm-youhave', 'digits/3']);
});
