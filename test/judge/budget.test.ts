import { expect, test } from 'vitest';
import { suite } from '../../bench/judge/gates.ts';
import { dice } from '../../bench/judge/world.ts';
import { bandSentence, budgetSentence, errorBudget, judgeBudget, leastMisses } from '../../judge/budget.ts';
import { judgeGate } from '../../judge/gate.ts';
import { powerOf, powerSentence } from '../../judge/power.ts';
import { milliseconds } from '../../judge/words.ts';
import published from './fixtures/attribution.json' with { type: 'json' };

const hour = 3_600_000;
const promised = { series: 'agent answers', limit: 'target', ms: 20_000, budget: 0.02 } as const;
/** An hourly probe that missed its limit in the last `missed` hours. */
const kept = (n: number, missed: number) => ({
  times: Float64Array.from({ length: n }, (_, i) => i * hour),
  missed: Uint8Array.from({ length: n }, (_, i) => (i >= n - missed ? 1 : 0)),
});

test('the fewest misses that break a promise are those of the exact binomial', () => {
  for (const { n, budget, k } of published.least) expect(leastMisses(n, budget), `${n} at ${budget}`).toBe(k);
});

test('a promise is broken over six hours before it is over three days, and says since when', () => {
  const look = kept(100, 3);
  const [page, ticket] = judgeBudget(promised, look, 99 * hour);
  expect(page).toMatchObject({ tries: 7, missed: 3, least: 3, broken: true, at: 97 * hour });
  expect(ticket).toMatchObject({ tries: 73, missed: 3, least: 7, broken: false, at: null });
  expect(bandSentence(page!, milliseconds)).toBe(
    '“agent answers” breaks its promise: it missed its target of 20 s in 3 of 7 tries in the last 6 hours, promised are at most 2 %; chance of this if the promise were kept: under 1 in 3000; first missed at 1970-01-05T01:00:00Z',
  );
  expect(bandSentence(ticket!, milliseconds)).toBe(
    '“agent answers” gives no proof against its promise: it missed its target of 20 s in 3 of 73 tries in the last 3 days, promised are at most 2 %; 7 would break it',
  );
});

test('no tries prove nothing', () => {
  const [page] = judgeBudget(promised, kept(0, 0), 0);
  expect(page).toMatchObject({ tries: 0, broken: false, p: 1 });
  expect(bandSentence(page!)).toMatch(/^too few tries to tell/);
});

test('the error budget counts down and below zero', () => {
  const look = kept(100, 3);
  const half = errorBudget({ ...promised, budget: 0.06 }, look, { from: 0, now: 99 * hour });
  expect(half).toMatchObject({ tries: 100, missed: 3 });
  expect(half.left).toBeCloseTo(0.5);
  expect(budgetSentence(promised, half)).toBe(
    '“agent answers” has 50 % of its error budget left: 3 missed of 100 tries, 6 allowed',
  );
  const over = errorBudget(promised, look, { from: 0, now: 99 * hour });
  expect(over.left).toBeCloseTo(-0.5);
  expect(budgetSentence(promised, over)).toMatch(/overspent/);
});

test('after the runs that the power line names, about four of five such slow-downs are flagged', () => {
  const world = { steps: 1, sigma: () => 0.15, old: 40, tau: 0 };
  const [first] = suite(dice(1), { ...world, fresh: 10, change: () => 0 });
  const power = powerOf('agent answers', first!.baseline, { size: 0.2, each: 50, family: 1, tau: 0 });
  const flagged = Array.from({ length: 300 }, (_, seed) => {
    const pairs = suite(dice(seed + 50), { ...world, fresh: power.runs!, change: () => 0.2 });
    return judgeGate(pairs, { floor: 0.05 })[0]!.verdict === 'regressed' ? 1 : 0;
  });
  const share = flagged.reduce<number>((sum, one) => sum + one, 0) / flagged.length;
  expect(share).toBeGreaterThan(0.6);
  expect(share).toBeLessThan(0.95);
  expect(powerSentence({ ...power, runs: 9 }, 'hourly')).toBe(
    'a 20 % slow-down of “agent answers” is visible after about 9 hourly runs',
  );
});

test('noise between batches makes small slow-downs invisible in one job, and the power line says from where on they are not', () => {
  const [pair] = suite(dice(3), { steps: 1, sigma: () => 0.05, old: 40, fresh: 1, tau: 0, change: () => 0 });
  const noisy = powerOf('pay', pair!.baseline, { size: 0.1, each: 1000, family: 20, tau: 0.1 });
  expect(noisy.runs).toBeNull();
  expect(powerSentence(noisy)).toMatch(
    /^a 10 % slow-down of “pay” cannot be seen against the noise of 40 runs in 8 batches before; from \d+ % on it can$/,
  );
  const hourly = powerOf('pay', pair!.baseline, { size: 0.2, each: 1, family: 1, tau: 0.1 });
  expect(hourly.runs).toBeGreaterThan(2);
  expect(powerOf('pay', pair!.baseline, { ...hourly, each: 1000 }).runs).toBeNull();
  const none = powerOf('new', { values: Float64Array.of(1), batches: ['a'] }, { size: 0.2, each: 1, family: 1 });
  expect(powerSentence(none)).toBe(
    'too few runs to say when a 20 % slow-down of “new” is visible: 1 run in 1 batch before',
  );
});
