import { expect, test } from 'vitest';
import { leastMisses } from '../../judge/budget.ts';
import { normalQuantile } from '../../judge/distribution.ts';
import { failureEvidence, rankEvidence, shiftEvidence } from '../../judge/evidence.ts';
import { fisher, rateAtMost } from '../../judge/outcome.ts';
import { smallestP } from '../../judge/rank-test.ts';

test('the fewest misses that break a promise: every cell that was counted exactly', () => {
  const budgets = [0.001, 0.005, 0.01, 0.02, 0.05];
  for (const [tries, least] of [
    [6, [2, 2, 3, 3, 4]],
    [24, [2, 3, 4, 5, 6]],
    [72, [3, 4, 5, 7, 11]],
  ] as const)
    expect(budgets.map((budget) => leastMisses(tries, budget))).toEqual(least);
});

test('the smallest baseline with which one step of M can be flagged at all', () => {
  const fresh = [2, 3, 4, 5, 6, 7, 8, 10, 15, 20];
  for (const [steps, least] of [
    [20, [27, 12, 8, 6, 5, 5, 4, 4, 3, 3]],
    [50, [44, 17, 10, 8, 7, 6, 5, 4, 4, 3]],
    [100, [62, 21, 13, 9, 8, 7, 6, 5, 4, 4]],
    [200, [88, 27, 16, 11, 9, 8, 7, 6, 5, 4]],
    [500, [140, 38, 20, 14, 11, 9, 8, 7, 5, 4]],
    [1000, [199, 48, 24, 16, 13, 11, 9, 8, 6, 5]],
  ] as const) {
    const enough = (m: number, n: number) => smallestP(m, n) <= 0.05 / steps;
    const made = fresh.map((n) => {
      let m = 1;
      while (!enough(m, n)) m += 1;
      return m;
    });
    expect(made, `${steps} steps`).toEqual(least);
  }
});

test('the fewest new runs with which the rank e-process can reach 20, 100, 1,000 and 4,000', () => {
  for (const [m, least] of [
    [10, [4, 7, 13, 18]],
    [20, [3, 5, 7, 9]],
    [40, [2, 3, 5, 6]],
    [100, [2, 3, 4, 4]],
    [336, [2, 2, 3, 3]],
  ] as const) {
    const old = Float64Array.from({ length: m }, (_, i) => i);
    const made = [20, 100, 1000, 4000].map((wanted) => {
      for (let n = 1; ; n++)
        if (
          Math.exp(
            rankEvidence(
              old,
              Float64Array.from({ length: n }, (_, i) => 1e6 + i),
            ),
          ) >= wanted
        )
          return n;
    });
    expect(made, `baseline of ${m}`).toEqual(least);
  }
});

test('Fisher’s test and its mid-p: every published pair', () => {
  for (const [old, fresh, p, mid] of [
    [[4, 400], [2, 10], 7.6e-3, 3.9e-3],
    [[4, 400], [3, 10], 3.5e-4, 1.8e-4],
    [[4, 400], [3, 20], 2.9e-3, 1.5e-3],
    [[4, 400], [5, 20], 1.6e-5, 8.3e-6],
    [[4, 400], [6, 50], 2.1e-4, 1.1e-4],
    [[0, 40], [2, 10], 0.037, 0.018],
    [[0, 40], [3, 10], 6.1e-3, 3.1e-3],
    [[0, 40], [4, 10], 9.1e-4, 4.6e-4],
  ] as const) {
    const made = fisher({ failures: old[0], tries: old[1] }, { failures: fresh[0], tries: fresh[1] });
    const text = (value: number) => Number(value.toPrecision(2));
    expect([text(made.p), text(made.mid)], `${old} then ${fresh}`).toEqual([p, mid]);
  }
});

test('the e-value of failures after a baseline without one', () => {
  const p0 = rateAtMost({ failures: 0, tries: 40 });
  expect(p0).toBeCloseTo(1 - 0.05 ** (1 / 40), 10);
  for (const [failures, tries, e] of [
    [2, 2, 60],
    [4, 10, 25],
    [6, 20, 31],
  ] as const)
    expect(Math.round(Math.exp(failureEvidence(failures, tries, p0)))).toBe(e);
});

test('the Gauss e-value is the normal mixture of its likelihood ratio, by quadrature', () => {
  for (const [away, square, prior] of [
    [0.4, 0.01, 0.2],
    [0, 0.01, 0.2],
    [-0.1, 0.02, 0.15],
    [1.2, 0.05, 0.3],
  ] as const) {
    let sum = 0;
    const cells = 20_000;
    for (let i = 0; i < cells; i++) {
      const size = prior * normalQuantile((i + 0.5) / (2 * cells));
      sum += Math.exp((away * size - (size * size) / 2) / square);
    }
    const made = Math.exp(shiftEvidence(away, square, { prior }));
    expect(Math.abs(made / (sum / cells) - 1), `${away} ${square} ${prior}`).toBeLessThan(0.01);
  }
});
