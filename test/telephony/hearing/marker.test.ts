import { expect, test } from 'vitest';
import { align } from '../../../telephony/hearing/delay.ts';
import { InBandReader } from '../../../telephony/hearing/in-band.ts';
import { marker, markers } from '../../../telephony/hearing/marker.ts';
import { PromptListener } from '../../../telephony/hearing/prompt-listener.ts';
import { reference } from '../../../telephony/hearing/reference.ts';
import { join } from '../../../telephony/media/tones.ts';
import { addPink, attenuate, babble, lose, random } from '../../kit/sound.ts';
import { line, silence } from './stage.ts';

test('a marker is found on its line, and no other one for it', () => {
  const next = random(4);
  const numbers = Array.from({ length: 12 }, () => Math.floor(next() * markers));
  const known = numbers.map((number) => reference(`marker ${number}`, marker(number)));
  for (const [n, number] of numbers.entries()) {
    const listener = new PromptListener(known, []);
    const pcm = lose(join([silence(700), attenuate(marker(number), 12), silence(900)]), { share: 0.02, seed: n + 1 });
    const found = [...line(pcm)]
      .map((chunk) => listener.push(chunk, chunk.at + 100))
      .find((one) => one?.kind === 'prompt');
    expect(found).toMatchObject({ name: `marker ${number}` });
    expect(Math.abs(found!.onset - 700)).toBeLessThanOrEqual(40);
    expect(new InBandReader().push(marker(number))).toEqual([]);
  }
  expect(() => marker(markers)).toThrow('there are 0 to');
});

test.each([0, 37.5, 412.25, 1400])('a sound that comes back after %f ms is measured to a sample', (lag) => {
  const said = babble(1500, 3);
  const heard = addPink(join([silence(lag), attenuate(said, 20), silence(1500)]), { snr: 25, seed: 3 });
  const found = align(said, heard);
  expect(found.lag).toBeCloseTo(lag, 2);
  expect(found.quality).toBeGreaterThan(10);
  expect(found.gain).toBeCloseTo(-20, 0);
});

test('without an echo the quality says so', () => {
  for (let seed = 1; seed < 6; seed++)
    expect(align(babble(1500, seed), babble(3000, seed + 50)).quality).toBeLessThan(10);
  expect(align(silence(500), silence(1000))).toMatchObject({ quality: 0, gain: -100 });
});
