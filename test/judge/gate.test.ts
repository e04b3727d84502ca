import { expect, test } from 'vitest';
import { quiet, suite } from '../../bench/judge/gates.ts';
import { covered } from '../../bench/judge/t8.ts';
import { dice } from '../../bench/judge/world.ts';
import { fitBatches, poolBatches } from '../../judge/batch.ts';
import { judgeGate } from '../../judge/gate.ts';
import { mean, variance } from '../../judge/order.ts';
import type { Pair } from '../../judge/pair.ts';
import { milliseconds, sentence } from '../../judge/words.ts';

const floor = 0.05;
const logged = ({ values, batches }: Pair['baseline']) => ({ values: values.map(Math.log), batches });
const world = { steps: 20, sigma: () => 0.1, old: 40, fresh: 10, tau: 0.03, change: () => 0 };

test('a change of 50 % in one of 20 steps is confirmed, and only there', () => {
  const pairs = suite(dice(1), { ...world, change: (place) => (place === 3 ? 0.5 : 0) });
  const judged = judgeGate(pairs, { floor });
  expect(
    judged.filter(({ verdict }) => verdict === 'regressed').map(({ series, confirmed }) => [series, confirmed]),
  ).toEqual([['s3', true]]);
  expect(judged[3]!.ratio).toBeGreaterThan(1.3);
  expect(judged[3]!.low!).toBeLessThan(1.5);
  expect(judged[3]!.high!).toBeGreaterThan(1.5);
});

test('higher is better: the same numbers read the other way', () => {
  const pairs = suite(dice(1), { ...world, change: (place) => (place === 3 ? 0.5 : 0) });
  const judged = judgeGate(
    pairs.map((pair) => ({ ...pair, better: 'higher' as const })),
    { floor },
  );
  expect(judged[3]).toMatchObject({ verdict: 'improved', confirmed: true });
  expect(judged[3]!.ratio).toBeGreaterThan(1.3);
});

test('fewer than three baseline batches never confirm, and say so', () => {
  const pairs = suite(dice(2), { ...world, tau: 0, size: 20, change: () => 1 });
  for (const one of judgeGate(pairs, { floor })) {
    expect(one).toMatchObject({ verdict: 'regressed', confirmed: false });
    expect(sentence(one)).toMatch(
      /which is worse \(likely, not confirmed: does not fail the gate\); .*takes a baseline of three batches, this one has two/,
    );
  }
});

test('what is likely and not confirmed says how many runs would settle it', () => {
  const likely = Array.from({ length: 20 }, (_, seed) =>
    judgeGate(suite(dice(seed), { ...world, change: () => 0.12 }), { floor }),
  )
    .flat()
    .filter(({ verdict, confirmed }) => verdict === 'regressed' && !confirmed);
  expect(likely.length).toBeGreaterThan(0);
  for (const one of likely)
    expect(sentence(one)).toMatch(
      /not fail the gate\); about \d+ runs in \d+ jobs? would settle ±\d+ %; 40 before, 10/,
    );
});

test('a shift of the whole new batch, as large as batches differ, is not taken for a change', () => {
  const pairs = suite(dice(3), { ...world, steps: 50, sigma: () => 0.02, tau: 0.1 });
  expect(judgeGate(pairs, { floor }).filter(({ verdict }) => verdict === 'regressed')).toEqual([]);
});

test('τ is found where it is and not where it is not', () => {
  for (const [tau, low, high] of [
    [0, 0, 0.008],
    [0.05, 0.04, 0.06],
  ] as const) {
    const pairs = suite(dice(4), { ...quiet, sigma: () => 0.1, old: 40, fresh: 10, tau });
    const { tau2 } = poolBatches(pairs.map((one) => fitBatches(logged(one.baseline), logged(one.candidate))));
    expect(Math.sqrt(tau2)).toBeGreaterThanOrEqual(low);
    expect(Math.sqrt(tau2)).toBeLessThanOrEqual(high);
  }
});

test('a second look confirms a large change where batches differ more than the runs in them, and nothing where nothing changed', () => {
  const looked = (ratio: number) =>
    Array.from({ length: 60 }, (_, seed) => {
      const change = (place: number) => (place === 1 ? Math.log(ratio) : 0);
      const pairs = suite(dice(seed), { steps: 3, sigma: () => 0.02, old: 40, fresh: 15, tau: 0.06, change });
      return judgeGate(pairs, { floor, again: true }).filter(({ confirmed }) => confirmed).length;
    });
  expect(looked(2.5).filter((count) => count === 1).length).toBeGreaterThanOrEqual(57);
  expect(looked(1).filter((count) => count > 0).length).toBeLessThanOrEqual(1);
});

test.each([
  ['one of six old ones too', [1, 1, 1.8, 1, 1, 1], [1, 1.8, 1.8, 1.8]],
  ['none of the old ones', [1, 1, 1, 1, 1, 1], [1, 1.07, 1.07, 1.07]],
])(
  'batches that differ as a whole are noise between batches, not runs far out: most new ones away, %s',
  (_, old, fresh) => {
    const throws = dice(6);
    const sideOf = (levels: readonly number[]) => {
      const batches = levels.flatMap((_, k) => Array.from({ length: 10 }, () => `${levels.length}/${k}`));
      const values = Float64Array.from(
        batches,
        (_, i) => levels[Math.floor(i / 10)]! * Math.exp(0.003 * throws.normal()),
      );
      return { values, batches };
    };
    const pairs = Array.from({ length: 20 }, (_, place): Pair => {
      const odd = place === 7;
      const baseline = sideOf(odd ? old : [1, 1, 1, 1, 1, 1]);
      return {
        ...{ series: `s${place}`, scale: 'log', better: 'lower', from: 1, to: 2, baseline },
        candidate: sideOf(odd ? fresh : [1, 1, 1, 1]),
      };
    });
    expect(judgeGate(pairs, { floor }).filter(({ confirmed }) => confirmed)).toEqual([]);
  },
);

test('with four batches τ² is not biased, whatever the noise within them', () => {
  const found = Array.from({ length: 150 }, (_, seed) => {
    const pairs = suite(dice(seed), { ...world, sigma: (place) => [0.05, 0.15, 0.3][place % 3]!, old: 20, tau: 0.1 });
    return poolBatches(pairs.map((one) => fitBatches(logged(one.baseline), logged(one.candidate)))).tau2;
  });
  expect(mean(found) / 0.01).toBeGreaterThan(0.9);
  expect(mean(found) / 0.01).toBeLessThan(1.08);
});

test.each([
  [10, 5, 2, 0],
  [20, 5, 5, 0.05],
  [40, 10, 5, 0],
  [40, 10, 5, 0.1],
])(
  'the interval of %i against %i in batches of %i at τ %f covers the truth as often as it says',
  (old, fresh, size, tau) => {
    const value = covered(17, { old, fresh, tau, size });
    expect(value).toBeGreaterThan(0.94);
    expect(value).toBeLessThan(0.97);
  },
);

test('what is said about how well τ is known is true over many draws', () => {
  for (const shared of [false, true]) {
    const found = Array.from({ length: 300 }, (_, seed) => {
      const pairs = suite(dice(seed), { ...world, steps: 10, tau: 0.1, shared });
      return poolBatches(pairs.map((one) => fitBatches(logged(one.baseline), logged(one.candidate))));
    });
    const stated = mean(found.map(({ doubt }) => doubt));
    const seen = variance(found.map(({ tau2 }) => tau2));
    expect(stated / seen).toBeGreaterThan(0.6);
    expect(stated / seen).toBeLessThan(1.7);
  }
});

const side = (values: readonly number[], batch: (i: number) => string = (i) => `b${Math.floor(i / 5)}`) => ({
  values: Float64Array.from(values),
  batches: values.map((_, i) => batch(i)),
});
const pair = (old: readonly number[], fresh: readonly number[]): Pair => ({
  series: 'answers',
  scale: 'log',
  better: 'lower',
  from: 1,
  to: 2,
  baseline: side(old),
  candidate: side(fresh, () => 'new'),
});
const steady = (n: number, level = 100) =>
  Array.from({ length: n }, (_, i) => level * (1 + 0.004 * Math.sin(i * 12.9)));

test('too few, undecided and unchanged are told apart', () => {
  const noisy = (n: number, level = 100) =>
    Array.from({ length: n }, (_, i) => level * Math.exp(0.3 * Math.sin(i * 12.9)));
  expect(judgeGate([pair(noisy(5), noisy(1))], { floor })[0]!.verdict).toBe('too-few');
  const undecided = judgeGate([pair(noisy(40), noisy(10, 105))], { floor })[0]!;
  expect(undecided.verdict).toBe('undecided');
  expect(undecided.settle!.runs).toBeGreaterThan(10);
  expect(judgeGate([pair(steady(40), steady(10))], { floor })[0]!.verdict).toBe('unchanged');
  expect(judgeGate([pair([], [])], { floor })[0]).toMatchObject({ verdict: 'too-few', ratio: null, at: null });
});

test('series without any scatter are judged by their difference', () => {
  const flat = (n: number, value: number) => Array.from({ length: n }, () => value);
  expect(judgeGate([pair(flat(40, 100), flat(10, 100))], { floor })[0]).toMatchObject({
    verdict: 'unchanged',
    ratio: 1,
  });
  expect(judgeGate([pair(flat(40, 100), flat(10, 120))], { floor })[0]).toMatchObject({
    verdict: 'regressed',
    confirmed: true,
  });
  expect(judgeGate([pair(flat(40, 100), flat(10, 103))], { floor })[0]!.verdict).toBe('unchanged');
});

test('failures are judged beside durations and the worse answer is told', () => {
  const tries = (n: number, failed: number, batch: string) =>
    Array.from({ length: n }, (_, i) => ({ batch: `${batch}${i % 8}`, failed: i < failed }));
  const one = pair(steady(40), steady(10));
  const judged = judgeGate(
    [
      {
        ...one,
        baseline: { ...one.baseline, tries: tries(40, 0, 'b') },
        candidate: { ...one.candidate, tries: tries(20, 8, 'n') },
      },
    ],
    { floor },
  )[0]!;
  expect(judged).toMatchObject({ verdict: 'regressed', type: 'failures', confirmed: true, difference: 0.4 });
  expect(judged.details!.values.verdict).toBe('unchanged');
  expect(sentence(judged, milliseconds)).toMatch(
    /^“answers” failed more often, in 40 % of tries instead of 0 % \(\+40 points, 95 % CI \+\d+ to \+\d+ points\), which is worse; 40 tries before, 20 after; /,
  );
});

test('of a step that takes less than the absolute floor nothing can be won: it is unchanged, however it scatters', () => {
  const throws = dice(4);
  const short = (n: number) => Array.from({ length: n }, () => 20 * Math.exp(1.5 * throws.normal()));
  const judged = judgeGate([{ ...pair(short(40), short(10)), floorAbsolute: 100 }], { floor })[0]!;
  expect(judged.low).toBeLessThan(0.5);
  expect(judged).toMatchObject({ verdict: 'unchanged', settle: null });
  const gone = judgeGate([{ ...pair(steady(40), steady(10, 1)), floorAbsolute: 150 }], { floor })[0]!;
  expect(gone.verdict).toBe('unchanged');
});

test('a second look decides by e-values, which are harder to reach', () => {
  const pairs = suite(dice(1), { ...world, change: (place) => (place === 3 ? 0.3 : 0) });
  expect(judgeGate(pairs, { floor })[3]!.verdict).toBe('regressed');
  const again = judgeGate(pairs, { floor, again: true })[3]!;
  expect(again).toMatchObject({ p: null, family: { rule: 'e-BH' } });
  expect(1 / again.e!).toBeGreaterThan(judgeGate(pairs, { floor })[3]!.p!);
});

test('sentences carry numbers, interval, sizes and how many were looked at', () => {
  const judged = judgeGate([pair(steady(40), steady(10, 140)), pair(steady(40), steady(10))], { floor });
  expect(sentence(judged[0]!)).toMatchInlineSnapshot(
    `"“answers” rose from 100 to 140 (typical value +40 %, 95 % CI +39 to +41 %), which is worse; 40 before, 10 after; 1 of 2 comparisons flagged at a false discovery rate of 5 % (BH)"`,
  );
  expect(sentence(judged[1]!, milliseconds)).toMatchInlineSnapshot(
    `"“answers” stayed within ±5 %: typical value +0.2 %, 95 % CI −0.4 to +0.8 %; 40 before, 10 after; 1 of 2 comparisons of steps flagged at a false discovery rate of 5 % (BH)"`,
  );
});

test('what is said as nothing has no sign, and many times is said as times', () => {
  const pair = (series: string, by: number): Pair => {
    const throws = dice(8);
    const [baseline, candidate] = suite(throws, { ...world, steps: 1, tau: 0 }).flatMap((one) => [
      one.baseline,
      { ...one.candidate, values: one.candidate.values.map((value) => value * by) },
    ]);
    return { series, scale: 'log', better: 'lower', from: 1, to: 2, baseline: baseline!, candidate: candidate! };
  };
  const level: Pair = { ...pair('level', 1), baseline: side(Array(40).fill(3)), candidate: side(Array(10).fill(3)) };
  const [same, far] = judgeGate([level, pair('far', 700)], { floor }).map((one) => sentence(one));
  expect(same).toContain('“level” stayed within ±5 %: typical value 0 %, 95 % CI 0 to 0 %;');
  expect(far).toMatch(/\(typical value ×[67]\d\d, 95 % CI ×\d+ to ×\d+\), which is worse/);
});
