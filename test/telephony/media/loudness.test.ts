import { expect, test } from 'vitest';
import { g711 } from '../../../telephony/media/g711.ts';
import { Loudness } from '../../../telephony/media/loudness.ts';
import { attenuate, babble, clipped } from '../../kit/sound.ts';

const law = g711('PCMU');

/** Heard in packets of 20 ms, as µ-law brings them; every packet of which `lost` says so is a hole. */
function heard(pcm: Int16Array, lost: (n: number) => boolean = () => false) {
  const loudness = new Loudness();
  const through = law.decode(law.encode(pcm));
  for (let at = 0, n = 0; at < through.length; at += 160, n++) {
    const hole = lost(n);
    const samples = hole ? new Int16Array(160) : through.subarray(at, at + 160);
    const squares = samples.reduce((sum, x) => sum + x * x, 0);
    const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    loudness.hear({ position: at, samples, hole }, { squares, peak });
  }
  return loudness.figures;
}

const speech = babble(8000, 3);
const quarter = Int16Array.from({ length: speech.length * 4 }, (_, n) => speech[n] ?? 0);

test('the level is that of what is spoken, however much silence stands around it', () => {
  const level = heard(speech).activeLevel!;
  expect(level).toBeGreaterThan(-30);
  expect(heard(quarter).activeLevel!).toBeCloseTo(level, 0);
  expect(heard(attenuate(speech, 12)).activeLevel! - level).toBeCloseTo(-12, 0);
  expect(heard(new Int16Array(8000)).activeLevel).toBeUndefined();
});

test('clean speech is not overdriven at any level; what is, is found, attenuated afterwards too', () => {
  expect(heard(speech).clipped).toBeLessThan(0.001);
  expect(heard(attenuate(speech, 6)).clipped).toBeLessThan(0.001);
  const overdriven = clipped(attenuate(speech, -8), 12);
  expect(heard(overdriven).clipped).toBeGreaterThan(0.01);
  expect(heard(attenuate(overdriven, 4)).clipped).toBeGreaterThan(0.01);
});

test('holes count where they cut into sound, as long as they are', () => {
  expect(heard(speech)).toMatchObject({ gaps: 0, longestGap: 0 });
  const broken = heard(speech, (n) => n % 50 >= 47);
  expect(broken.gaps).toBeGreaterThan(5);
  expect(broken.longestGap).toBe(60);
  expect(heard(quarter, (n) => n > 450 && n < 700)).toMatchObject({ gaps: 0, longestGap: 0 });
});
