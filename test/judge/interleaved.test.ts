import { expect, test } from 'vitest';
import { suite } from '../../bench/judge/gates.ts';
import { dice } from '../../bench/judge/world.ts';
import { judgeGate } from '../../judge/gate.ts';
import { centre, judgeInterleaved, signedRank } from '../../judge/interleaved.ts';
import type { Pair } from '../../judge/pair.ts';
import { judgeTail, withTails } from '../../judge/tail.ts';
import { milliseconds, sentence } from '../../judge/words.ts';
import published from './fixtures/attribution.json' with { type: 'json' };

test('the signed-rank test and its interval agree with scipy', () => {
  for (const { d, w, p } of published.signed) {
    expect(signedRank(d).w).toBeCloseTo(w, 9);
    expect(signedRank(d).p).toBeCloseTo(p, 9);
  }
  for (const { d, estimate, low, high } of published.walsh) {
    const found = centre(d);
    expect(found.estimate).toBeCloseTo(estimate, 9);
    expect(found.low).toBeCloseTo(low, 9);
    expect(found.high).toBeCloseTo(high, 9);
  }
});

/** n pairs that share a batch effect of 30 %, the new side `size` slower. */
const trial = (series: string, seed: number, size: number, n = 20) => {
  const throws = dice(seed);
  const shared = Array.from({ length: n }, () => 0.3 * throws.normal());
  const draw = (more: number) => Float64Array.from(shared, (one) => 600 * Math.exp(one + 0.05 * throws.heavy() + more));
  return {
    series,
    before: draw(0),
    after: draw(Math.log1p(size)),
    scale: 'log',
    better: 'lower',
    from: 1,
    to: 2,
  } as const;
};

test('interleaved pairs see 15 % through a batch effect of 30 %, and nothing where nothing is', () => {
  const [slow, same] = judgeInterleaved([trial('pay', 1, 0.15), trial('look up', 2, 0)], { floor: 0.05 });
  expect(slow).toMatchObject({ verdict: 'regressed', confirmed: true, at: 1, detected: 2 });
  expect(same!.verdict === 'unchanged' || same!.verdict === 'undecided').toBe(true);
  expect(sentence(slow!, milliseconds)).toContain('20 interleaved pairs: what both sides share cancels');
});

test('the interval of interleaved pairs covers the truth as often as it says', () => {
  const covered = Array.from({ length: 400 }, (_, seed) => {
    const [one] = judgeInterleaved([trial('pay', seed, 0.15)], { floor: 0.05 });
    return one!.low! < 1.15 && one!.high! > 1.15 ? 1 : 0;
  });
  const share = covered.reduce<number>((sum, one) => sum + one, 0) / covered.length;
  expect(share).toBeGreaterThan(0.925);
  expect(share).toBeLessThan(0.98);
});

test('of 1,000 interleaved suites without a change at most 5 % flag and 1 % confirm', () => {
  let flagged = 0;
  let confirmed = 0;
  for (let seed = 0; seed < 1000; seed++) {
    const trials = Array.from({ length: 5 }, (_, k) => trial(`s${k}`, seed * 5 + k, 0, 12));
    const judged = judgeInterleaved(trials, { floor: 0 });
    if (judged.some(({ verdict }) => verdict === 'regressed')) flagged += 1;
    if (judged.some((one) => one.verdict === 'regressed' && one.confirmed)) confirmed += 1;
  }
  expect(flagged).toBeLessThanOrEqual(65);
  expect(confirmed).toBeLessThanOrEqual(17);
});

test('three pairs are too few among many, higher may be better, and a pair with a missing side is left out', () => {
  const few = judgeInterleaved(
    Array.from({ length: 20 }, (_, k) => trial(`s${k}`, k, 1, 3)),
    { floor: 0.05 },
  );
  expect(new Set(few.map(({ verdict }) => verdict))).toEqual(new Set(['too-few']));
  const mos = { ...trial('mos', 4, 0.2), better: 'higher', scale: 'linear' } as const;
  expect(judgeInterleaved([mos], { floor: 0.05 })[0]).toMatchObject({ verdict: 'improved', confirmed: true });
  const holed = trial('holed', 5, 0.5);
  holed.after[3] = Number.NaN;
  expect(judgeInterleaved([holed], { floor: 0.05 })[0]!.notes[0]).toMatch(/^19 interleaved pairs/);
});

const sides = (old: number, fresh: number, more: number) => {
  const [pair] = suite(dice(8), { steps: 1, sigma: () => 0.3, old, fresh, tau: 0, change: () => more });
  return { ...pair!, series: 'agent answers' };
};

test('a p95 is told from 60 samples a side, and its test from 100 before', () => {
  expect(judgeTail(sides(59, 60, 0))).toBeUndefined();
  expect(judgeTail(sides(60, 59, 0))).toBeUndefined();
  expect(judgeTail(sides(60, 60, 0))!.beyond).toBeNull();
  const grown = judgeTail(sides(168, 72, 0.6))!;
  expect(grown).toMatchObject({ percentile: 95, before: { n: 168 }, after: { n: 72 } });
  expect(grown.low!).toBeGreaterThan(1);
  // Altogether slower, and no heavier a tail.
  expect(grown.beyond!.p).toBeGreaterThan(0.05);
});

test('where higher is better the tail is the 5th percentile, and without positive values there is no ratio', () => {
  const higher = judgeTail({ ...sides(120, 120, -0.4), better: 'higher' })!;
  expect(higher.percentile).toBe(5);
  expect(higher.after.value).toBeLessThan(higher.before.value);
  expect(higher.high!).toBeLessThan(1);
  const pair = sides(80, 80, 0);
  pair.baseline.values[0] = 0;
  expect(judgeTail(pair)).toMatchObject({ ratio: null, low: null, high: null });
});

test('a slow path that few take is found by the tail alone, and never confirmed; p95 stands beside what is found anyway', () => {
  const rare = sides(336, 72, 0);
  for (let i = 0; i < 72; i += 6) rare.candidate.values[i]! *= 3;
  const steady = Array.from({ length: 19 }, (_, k) => ({ ...sides(336, 72, 0), series: `s${k}` }));
  const options = { floor: 0.05 };
  const gate = (pairs: readonly Pair[]) => withTails(judgeGate(pairs, options), pairs, options);
  const [found, ...rest] = gate([rare, ...steady]);
  expect(found).toMatchObject({ verdict: 'regressed', confirmed: false, type: 'tail', family: { size: 20 } });
  expect(sentence(found!, milliseconds)).toMatch(
    /^p95 of “agent answers” rose from .* \(\+\d+ %, 95 % CI \+[\d.]+ to \+\d+ %\), beyond the old p95: \d+ of 72, before 17 of 336, which is worse \(likely, not confirmed: does not fail the gate\); typical value [+−].*; 336 before, 72 after; 1 of 20 comparisons of steps flagged/,
  );
  expect(rest.every(({ verdict, tail }) => verdict !== 'regressed' && tail === undefined)).toBe(true);
  const [slower] = gate([sides(168, 72, 0.6)]);
  expect(slower).toMatchObject({ verdict: 'regressed', type: 'step', tail: { percentile: 95 } });
  expect(sentence(slower!, milliseconds)).toMatch(
    /which is worse; p95 rose from .* beyond the old p95: \d+ of 72, before 9 of 168; 168 before, 72 after/,
  );
});
