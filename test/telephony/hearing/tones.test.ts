import { expect, test } from 'vitest';
import { nameTones } from '../../../telephony/hearing/tone-name.ts';
import { ToneReader } from '../../../telephony/hearing/tone-reader.ts';
import { cadence, cadences, join, keyTones, sines } from '../../../telephony/media/tones.ts';
import { addNoise, addPink, attenuate, babble, lose } from '../../kit/sound.ts';
import { line, silence } from './stage.ts';

function name(pcm: Int16Array) {
  const reader = new ToneReader();
  let heard = 0;
  for (const { samples } of line(silence(500), pcm, silence(500))) {
    reader.push(samples);
    heard += samples.length / 8;
  }
  return nameTones(reader.segments, heard).map((tone) => ({
    ...tone,
    is: [tone.plan, tone.name].filter(Boolean).join(' '),
  }));
}
const kinds = Object.entries(cadences).flatMap(([plan, tones]) =>
  Object.entries(tones).map(([kind, beats]) => {
    const is = plan === 'uk' && kind === 'dial' ? 'uk unobtainable' : `${plan} ${kind}`;
    return [is, cadence(beats, kind === 'dial' ? 4000 : 9000)] as const;
  }),
);
const others = [
  ['beep', sines([1000], 300)],
  ['fax', join([sines([1100], 500), silence(3000)])],
  ['modem', sines([2100], 2500)],
  ['information', join([sines([950], 330), sines([1400], 330), sines([1800], 330)])],
] as const;

test.each([...kinds, ...others])('%s', (is, pcm) => {
  for (const heard of [
    pcm,
    attenuate(pcm, 18),
    addPink(pcm, { snr: 20, seed: 2 }),
    addNoise(pcm, { snr: 10, seed: 2 }),
  ])
    expect(name(heard).map((tone) => tone.is)).toEqual([is]);
});

test('loss of 3 % cuts no cadence in two', () => {
  for (const [is, pcm] of kinds) expect(name(lose(pcm, { share: 0.03, seed: 5 })).map((tone) => tone.is)).toContain(is);
});

test('a tone begins where it began, and is told as soon as it can be', () => {
  const [busy] = name(cadence(cadences.us.busy!, 6000));
  expect(Math.abs(busy!.from - 500)).toBeLessThan(20);
  expect(busy!.known - 500).toBeLessThan(2200);
});

test('speech and keys are no call progress', () => {
  for (const pcm of [babble(20_000, 5), keyTones('1234567890*#')])
    expect(name(pcm).filter((tone) => tone.name !== 'beep')).toEqual([]);
});
