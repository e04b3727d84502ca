import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  claimLadder,
  claimMarker,
  claimMarkers,
  claimNumber,
  claimPeriod,
  claimTune,
} from '../../../telephony/hearing/claim-marker.ts';
import { ClaimReader } from '../../../telephony/hearing/claim-reader.ts';
import { InBandReader } from '../../../telephony/hearing/in-band.ts';
import { nameTones } from '../../../telephony/hearing/tone-name.ts';
import { ToneReader } from '../../../telephony/hearing/tone-reader.ts';
import { audioOf } from '../../../telephony/media/resample.ts';
import { join } from '../../../telephony/media/tones.ts';
import { addPink, attenuate, babble, carried, lose, random } from '../../kit/sound.ts';
import { line } from './stage.ts';

const next = random(11);
const any = () => Math.floor(next() * claimMarkers);

/** A marker from somewhere in it on, over a µ-law line. */
const sounded = (number: number, cycles = 4) => {
  const one = claimMarker(number);
  return join([new Int16Array(1600), one.subarray(Math.floor(next() * one.length)), ...Array(cycles).fill(one)]);
};

function heard(pcm: Int16Array, known: readonly number[]) {
  const reader = new ClaimReader(known);
  for (const { samples } of line(pcm)) {
    const found = reader.push(samples);
    if (found) return found;
  }
  return undefined;
}

test('a number is told by its notes, and by no others', () => {
  for (const number of [0, 1, claimMarkers - 1, ...Array.from({ length: 500 }, any)]) {
    const tune = claimTune(number);
    expect(claimNumber(tune)).toBe(number);
    const at = number % tune.length;
    const wrong = tune.map((place, n) => (n === at ? (place + 1) % claimLadder.length : place));
    expect(claimNumber(wrong)).not.toBe(number);
  }
  expect(() => claimMarker(claimMarkers)).toThrow('there are 0 to');
});

test.each([
  ['a clean line', (pcm: Int16Array) => pcm],
  ['5 % lost', (pcm: Int16Array, seed: number) => lose(pcm, { share: 0.05, seed })],
  ['5 % lost in bursts', (pcm: Int16Array, seed: number) => lose(pcm, { share: 0.05, burst: 3, seed })],
  ['noise 6 dB below', (pcm: Int16Array, seed: number) => addPink(pcm, { snr: 6, seed })],
  ['25 dB softer', (pcm: Int16Array) => attenuate(pcm, 25)],
  ['800 to 2500 Hz', (pcm: Int16Array) => carried(pcm, 800, 2500)],
  [
    'speech over it',
    (pcm: Int16Array, seed: number) => {
      const speech = attenuate(babble(pcm.length / 8 + 1, seed), 12);
      return Int16Array.from(pcm, (x, n) => x + speech[n]!);
    },
  ],
] as const)('the marker of a walk is heard on %s', (_, over) => {
  for (let seed = 1; seed <= 12; seed++) {
    const number = any();
    const pcm = over(sounded(number), seed);
    expect(heard(pcm, [any(), number, any()])).toMatchObject({ numbers: [number] });
  }
});

test('one of a stranger counts when it comes again; two at once are told as two', () => {
  const [ours, theirs] = [any(), any()];
  expect(heard(sounded(theirs, 1), [ours])).toBeUndefined();
  expect(heard(sounded(theirs), [ours])).toMatchObject({ numbers: [theirs] });
  const [a, b] = [sounded(ours, 5), sounded(theirs, 6)];
  const both = heard(
    Int16Array.from(a, (x, n) => x + b[n + 2500]!),
    [any(), ours, theirs],
  );
  expect(new Set(both?.numbers)).toEqual(new Set([ours, theirs]));
});

test('where it ends is told', () => {
  const at = 4000;
  const found = new ClaimReader([5]).push(join([new Int16Array(at), claimMarker(5), new Int16Array(2000)]));
  expect(Math.abs(found!.to - (at + (claimPeriod - 100) * 8))).toBeLessThanOrEqual(20 * 8);
});

test('no phone takes it for a key, a fax or a tone of call progress', () => {
  for (let n = 0; n < 20; n++) {
    const pcm = sounded(any());
    expect(new InBandReader().push(pcm)).toEqual([]);
    const reader = new ToneReader();
    reader.push(pcm);
    expect(nameTones(reader.segments, pcm.length / 8).map(({ name }) => name)).toEqual([]);
  }
});

/** Debian's asterisk-core-sounds-en-wav and asterisk-moh-opsound-wav (test/peers/packages.json). */
test.each([
  ['prompts', '/usr/share/asterisk/sounds/en_US_f_Allison', 300],
  ['music', '/usr/share/asterisk/moh', 300],
])('in %s no marker is heard', (_, folder, seconds) => {
  const known = Array.from({ length: 200 }, any);
  const files = readdirSync(folder).filter((name) => name.endsWith('.wav'));
  let listened = 0;
  let claims = 0;
  for (const name of files.sort((a, b) => a.length - b.length || a.localeCompare(b)).reverse()) {
    if (listened > seconds * 8000) break;
    const pcm = audioOf(readFileSync(`${folder}/${name}`)).subarray(0, 60 * 8000);
    const reader = new ClaimReader(known);
    for (let n = 0; n < pcm.length; n += 800) claims += reader.push(pcm.subarray(n, n + 800)) ? 1 : 0;
    listened += pcm.length;
  }
  expect(listened).toBeGreaterThan(seconds * 8000 - 60 * 8000);
  expect(claims).toBe(0);
});
