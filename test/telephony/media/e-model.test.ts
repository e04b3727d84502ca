import { expect, test } from 'vitest';
import {
  estimate,
  estimateWideband,
  g711Equipment,
  g722Impairment,
  mouthToEar,
  opinion,
} from '../../../telephony/media/e-model.ts';

const clean = { delay: 0, loss: 0, equipment: g711Equipment.concealed };

test('all parameters at default give R = 93.2 and MOS 4.41 (G.107, table 2)', () => {
  const { r, mos } = estimate(clean);
  expect(r).toBeCloseTo(93.21, 2);
  expect(mos).toBeCloseTo(4.41, 2);
});

test.each([
  [50, 91.8],
  [100, 90.7],
  [150, 89.5],
  [200, 85.8],
  [300, 72.7],
  [400, 62.2],
  [600, 49.5],
])('one way delay of %i ms gives R = %f', (delay, r) => {
  expect(estimate({ ...clean, delay }).r).toBeCloseTo(r, 1);
});

test.each([
  ['plain', 0.01, 1, 3.83],
  ['plain', 0.03, 3, 2.04],
  ['plain', 0.1, 3, 1],
  ['concealed', 0.01, 1, 4.33],
  ['concealed', 0.05, 1, 3.92],
  ['concealed', 0.1, 3, 3.09],
] as const)('G.711 %s with loss %f in bursts of %i: MOS %f', (kind, loss, burstRatio, mos) => {
  expect(estimate({ delay: 0, loss, burstRatio, equipment: g711Equipment[kind] }).mos).toBeCloseTo(mos, 2);
});

test('the opinion never leaves its scale', () => {
  expect([opinion(-5), opinion(3), opinion(120)]).toEqual([1, 1, 4.5]);
});

test('mouth to ear is half the round trip, the playout buffer and one packet', () => {
  expect(mouthToEar(undefined, 0)).toBe(40);
  expect(mouthToEar(80, 30)).toBe(120);
  expect(mouthToEar(0, 500)).toBe(220);
});

test('wideband: 129 is the best of G.107.1, G.722 costs 13 of it, and delay as much as in a narrow band', () => {
  expect(estimateWideband({ delay: 0, ie: 0 }).mos).toBeGreaterThan(4.45);
  const { r, mos } = estimateWideband({ delay: 0, ie: g722Impairment });
  expect(r).toBeCloseTo(116, 0);
  expect(mos).toBeCloseTo(4.34, 1);
  expect(estimateWideband({ delay: 400, ie: g722Impairment }).r).toBeLessThan(r - 15);
});
