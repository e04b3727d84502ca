import { expect, test } from 'vitest';
import { align } from '../../../telephony/hearing/delay.ts';
import { Coders, laws, opusPair } from '../../../telephony/media/coders.ts';
import { babble, toneShare } from '../../kit/sound.ts';

const speech = babble(1500, 7);

async function through(name: string, samples: Int16Array, frame: number) {
  const coders = new Coders(laws(), await opusPair());
  const coder = coders.of(name)!;
  const out: number[] = [];
  for (let at = 0; at + frame <= samples.length; at += frame)
    out.push(...coder.decode(coder.encode(samples.subarray(at, at + frame))));
  coders.close();
  return Int16Array.from(out);
}

test.each([
  ['PCMU', 0, 160],
  ['PCMA', 0, 80],
  ['G722', 5.5, 160],
  ['G722', 5.5, 240],
  ['OPUS', 6.5, 160],
  ['OPUS', 6.5, 480],
])('%s gives the sound back as loud, %f ms later, in frames of %i', async (name, delay, frame) => {
  const back = await through(name, speech, frame);
  const { lag, gain, quality } = align(speech, back, 100);
  expect(Math.abs(lag - delay)).toBeLessThan(0.3);
  expect(Math.abs(gain)).toBeLessThan(1.2);
  expect(quality).toBeGreaterThan(10);
});

test('what lies above the band of a telephone does not fold back into it', async () => {
  const edge = Int16Array.from({ length: 8000 }, (_, n) => 8000 * Math.sin((2 * Math.PI * 3300 * n) / 8000));
  expect(toneShare((await through('G722', edge, 160)).subarray(800), 3300)).toBeGreaterThan(0.99);
});

test('a payload that is none throws, and the next one is heard', async () => {
  const coders = new Coders(laws(), await opusPair());
  const opus = coders.of('OPUS')!;
  const good = opus.encode(speech.slice(0, 160));
  for (const bad of [new Uint8Array(), new Uint8Array(900).fill(255)]) expect(() => opus.decode(bad)).toThrow();
  expect(opus.decode(good)).toHaveLength(160);
  expect(coders.of('G729')).toBeUndefined();
  expect(new Coders(laws()).of('OPUS')).toBeUndefined();
  coders.close();
});
