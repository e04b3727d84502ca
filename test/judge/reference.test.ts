import { expect, test } from 'vitest';
import {
  betaBelow,
  binomialTail,
  logGamma,
  normalQuantile,
  normalTail,
  studentQuantile,
  studentTail,
} from '../../judge/distribution.ts';
import { failureEvidence, rankEvidence } from '../../judge/evidence.ts';
import { rejectByE, rejectByP } from '../../judge/multiplicity.ts';
import { chanceWorse, fisher, rateAtMost, shrunkRates, wilson } from '../../judge/outcome.ts';
import { exactTail, mannWhitney, saddleTail } from '../../judge/rank-test.ts';
import { shift } from '../../judge/shift.ts';
import scipy from './fixtures/scipy.json' with { type: 'json' };

/** Relative distance, absolute below 1e-300. */
const close = (value: number, wanted: number, within: number) =>
  expect(Math.abs(value - wanted), `${value} instead of ${wanted}`).toBeLessThanOrEqual(
    within * Math.max(Math.abs(wanted), 1e-300),
  );

test('distributions agree with scipy', () => {
  for (const [z, p] of scipy.normalTail as [number, number][]) close(normalTail(z), p, 1e-13);
  for (const [p, z] of scipy.normalQuantile as [number, number][]) expect(normalQuantile(p)).toBeCloseTo(z, 9);
  for (const [t, df, p] of scipy.studentTail as [number, number, number][]) close(studentTail(t, df), p, 1e-11);
  for (const [p, df, t] of scipy.studentQuantile as [number, number, number][]) close(studentQuantile(p, df), t, 1e-9);
  for (const [k, n, p, tail] of scipy.binomialTail as [number, number, number, number][])
    close(binomialTail(k, n, p), tail, 1e-11);
  for (const [x, a, b, p] of scipy.betaBelow as [number, number, number, number][]) close(betaBelow(x, a, b), p, 1e-11);
  for (const [x, value] of scipy.logGamma as [number, number][]) expect(logGamma(x)).toBeCloseTo(value, 9);
});

test('Mann-Whitney agrees with scipy: exact, exact with ties by permutation, normal with ties', () => {
  for (const { old, fresh, u, p, method } of scipy.mannWhitney) {
    const made = mannWhitney(old, fresh);
    expect(made.u).toBe(u);
    if (method === 'asymptotic' && made.exact) expect(Math.abs(Math.log(made.p / p))).toBeLessThan(0.1);
    else close(made.p, p, 1e-11);
  }
});

test('Fisher, Wilson and Clopper-Pearson agree with scipy', () => {
  for (const { old, fresh, p, mid } of scipy.fisher) {
    const made = fisher({ failures: old[0]!, tries: old[1]! }, { failures: fresh[0]!, tries: fresh[1]! });
    close(made.p, p, 1e-9);
    close(made.mid, mid, 1e-9);
  }
  for (const { k, n, low, high } of scipy.wilson) {
    const [a, b] = wilson({ failures: k, tries: n });
    expect(a).toBeCloseTo(low, 9);
    expect(b).toBeCloseTo(high, 9);
  }
  for (const { k, n, high } of scipy.atMost) close(rateAtMost({ failures: k, tries: n }), high, 1e-9);
});

test('the saddlepoint holds where the normal tail lies', () => {
  const known = [
    [3, 50, 150, 4.269e-5, 4.269e-5],
    [3, 50, 146, 4.696e-4, 4.635e-4],
    [5, 45, 200, 1.228e-3, 1.197e-3],
    [10, 40, 330, 5.097e-4, 5.078e-4],
    [12, 30, 300, 2.45e-4, 2.443e-4],
  ] as const;
  for (const [k, long, u, exact, saddle] of known) {
    close(exactTail(k, long)[u]!, exact, 5e-4);
    close(saddleTail(k, long, u).p, saddle, 5e-4);
    close(normalTail(saddleTail(k, long, u).z), saddle, 0.01);
  }
});

test('Hodges-Lehmann is the median of differences, also when they are not all made', () => {
  const { old, fresh } = scipy.mannWhitney[1]!;
  const differences = old.flatMap((x) => fresh.map((y) => y - x)).sort((a, b) => a - b);
  const { estimate, low, high } = shift(old, fresh);
  expect(estimate).toBe((differences[199]! + differences[200]!) / 2);
  const tail = exactTail(40, 10);
  const cut = differences.indexOf(low) + 1;
  expect(tail[400 - cut + 1]).toBeLessThanOrEqual(0.025);
  expect(tail[400 - cut]).toBeGreaterThan(0.025);
  expect(differences.indexOf(high)).toBe(400 - cut);
  const between = shift(old, fresh, 0.95, 'between');
  expect(between.low).toBeGreaterThan(low);
  expect(between.low).toBeLessThan(differences[cut]!);
  expect(between.high).toBeLessThan(high);
  expect(between.high).toBeGreaterThan(differences[399 - cut]!);
  const many = (list: readonly number[], offset: number) =>
    Array.from({ length: 90 }, (_, i) => list[i % list.length]! + offset + i * 1e-3);
  const [a, b] = [many(old, 0), many(fresh, 0.5)];
  const all = a.flatMap((x) => b.map((y) => y - x)).sort((x, y) => x - y);
  expect(shift(a, b).estimate).toBeCloseTo((all[4049]! + all[4050]!) / 2, 10);
});

test('Benjamini-Hochberg rejects what scipy adjusts below q; e-BH is the same on 1/E', () => {
  const { p, adjusted } = scipy.fdr;
  for (const q of [0.01, 0.05, 0.2]) expect(rejectByP(p, q)).toEqual(adjusted.map((value) => value <= q));
  expect(rejectByE([4000, 30, 1], 0.05, 200)).toEqual([true, false, false]);
  expect(rejectByE([2000, 2000, 1], 0.05, 200)).toEqual([true, true, false]);
});

test('e-values reach what regression.md derived: rank and failures', () => {
  const old = Array.from({ length: 40 }, (_, i) => i);
  const above = (n: number) => Array.from({ length: n }, (_, i) => 100 + i);
  for (const [n, least] of [
    [2, 20],
    [3, 100],
    [5, 1000],
    [6, 4000],
  ] as const) {
    expect(Math.exp(rankEvidence(old, above(n)))).toBeGreaterThanOrEqual(least);
    expect(Math.exp(rankEvidence(old, above(n - 1)))).toBeLessThan(least);
  }
  const p0 = rateAtMost({ failures: 4, tries: 400 });
  expect(p0).toBeCloseTo(0.0227, 4);
  for (const [failures, tries, e] of [
    [2, 2, 85],
    [3, 10, 99],
    [4, 20, 100],
    [4, 10, 1640],
  ] as const)
    close(Math.exp(failureEvidence(failures, tries, p0)), e, 0.01);
});

test('failure rates of steps shrink to the journey’s as far as steps are alike', () => {
  const alike = shrunkRates([1, 2, 0, 1, 1].map((failures) => ({ failures, tries: 50 })));
  for (const rate of alike) expect(rate).toBeCloseTo(0.02, 10);
  const apart = shrunkRates([0, 0, 0, 25, 1].map((failures) => ({ failures, tries: 50 })));
  expect(apart[3]).toBeGreaterThan(0.4);
  expect(apart[3]).toBeLessThan(0.5);
  expect(apart[0]).toBeGreaterThan(0);
});

test('the chance of a worse rate is a half for equal evidence and near 1 for strong evidence', () => {
  const prior = { rate: 0.05, strength: 20 };
  expect(chanceWorse({ failures: 2, tries: 40 }, { failures: 2, tries: 40 }, prior)).toBeCloseTo(0.5, 2);
  expect(chanceWorse({ failures: 0, tries: 40 }, { failures: 10, tries: 20 }, prior)).toBeGreaterThan(0.999);
});
