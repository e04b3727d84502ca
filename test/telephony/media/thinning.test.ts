import { expect, test } from 'vitest';
import { thinner } from '../../../telephony/media/thinning.ts';

const lost = (loss: number, burst: number) => {
  const thin = thinner({ loss, burst, seed: 4 });
  return Array.from({ length: 20_000 }, thin);
};

test.each([
  [0.1, 1],
  [0.2, 3],
  [0.5, 5],
])('loses a share of %d, at least %d at a time', (loss, burst) => {
  const packets = lost(loss, burst);
  const share = packets.filter(Boolean).length / packets.length;
  expect(share).toBeCloseTo(loss, 1);
  const runs = packets
    .map((gone) => (gone ? 'x' : '.'))
    .join('')
    .replace(/x+$/, '')
    .match(/x+/g);
  expect(Math.min(...(runs ?? []).map((run) => run.length))).toBe(burst);
});

test('the same seed loses the same packets, and none when none is to be lost', () => {
  expect(lost(0.1, 1)).toEqual(lost(0.1, 1));
  expect(lost(0, 1)).not.toContain(true);
});
