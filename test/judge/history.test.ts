import { expect, test } from 'vitest';
import { histories, ours, score } from '../../bench/judge/t4.ts';
import { course, dice } from '../../bench/judge/world.ts';
import { seeded } from '../../core/random.ts';
import { judgeFailureHistory, judgeHistory } from '../../judge/history.ts';
import { scanCritical, scanP } from '../../judge/null.ts';
import { scanStatistic, seededIntervals } from '../../judge/scan.ts';
import { slopeOf } from '../../judge/trend.ts';
import scipy from './fixtures/scipy.json' with { type: 'json' };

const options = { alpha: 0.01, floor: 0.05 };
const judged = (values: Float64Array) => {
  const times = Float64Array.from(values, (_, i) => 1e12 + i * 60_000);
  return judgeHistory({ series: 's', better: 'lower', scale: 'log', times, values }, options).map((one) => ({
    ...one,
    at: (one.at! - 1e12) / 60_000,
    until: one.until === null ? null : (one.until - 1e12) / 60_000,
  }));
};
const noise = (n: number, seed = 1) => {
  const throws = dice(seed);
  return Array.from({ length: n }, () => 0.05 * throws.normal());
};

test('the null table holds its rate on fresh uniforms, between its rows too', () => {
  const draw = seeded(99);
  for (const n of [27, 45]) {
    const critical = scanCritical(n, 0.05);
    let above = 0;
    for (let i = 0; i < 2000; i++) if (scanStatistic(Float64Array.from({ length: n }, draw)) >= critical) above += 1;
    expect(above / 2000).toBeGreaterThan(0.033);
    expect(above / 2000).toBeLessThan(0.067);
  }
  expect(scanP(300, scanCritical(300, 0.01))).toBeLessThanOrEqual(0.01);
  expect(scanCritical(300, 0.01)).toBeCloseTo(4.37, 1);
});

test('seeded intervals cover the series and hold no duplicates', () => {
  const made = seededIntervals(100);
  expect(made[0]).toEqual([0, 100]);
  expect(new Set(made.map(String)).size).toBe(made.length);
  expect(made.every(([from, to]) => from >= 0 && to <= 100 && to - from >= 10)).toBe(true);
});

test('a step is found where it is, with its size', () => {
  const [found, ...more] = judged(Float64Array.from(noise(80), (x, i) => 4 * Math.exp(x + (i >= 47 ? 0.2 : 0))));
  expect(more).toEqual([]);
  expect(found).toMatchObject({
    verdict: 'regressed',
    type: 'step',
    at: 47,
    until: null,
    before: { n: 47 },
    after: { n: 33 },
  });
  expect(found!.low!).toBeLessThan(Math.exp(0.2));
  expect(found!.high!).toBeGreaterThan(Math.exp(0.2));
});

test('up and back is one finding that went away; a drift is one trend', () => {
  const away = judged(Float64Array.from(noise(120), (x, i) => Math.exp(x + (i >= 40 && i < 70 ? 0.3 : 0))));
  expect(away).toMatchObject([{ verdict: 'regressed', type: 'went-away', at: 40, until: 70 }]);
  const drift = judged(Float64Array.from(noise(200), (x, i) => Math.exp(x + (0.6 * i) / 200)));
  expect(drift.map(({ type, verdict }) => [type, verdict])).toEqual([['trend', 'regressed']]);
});

test('a lone outlier, all-equal values and short series are no finding', () => {
  expect(judged(Float64Array.from(noise(60), (x, i) => Math.exp(x) * (i === 30 ? 40 : 1)))).toEqual([]);
  expect(judged(new Float64Array(100).fill(7))).toEqual([]);
  expect(judged(Float64Array.from([1, 2, 3]))).toEqual([]);
  expect(judged(new Float64Array())).toEqual([]);
});

test('a step between two coarse clock ticks is found', () => {
  const [found] = judged(Float64Array.from({ length: 60 }, (_, i) => (i >= 30 ? 4 : 3)));
  expect(found!.at).toBe(30);
  expect(found!.ratio).toBeCloseTo(4 / 3, 12);
});

test('changes of the labelled worlds are found and stable series are left alone', () => {
  const iid = score(ours, histories(1, 100, {}, 30));
  expect(iid.alarms).toBeLessThanOrEqual(25);
  expect(iid.f1).toBeGreaterThan(0.65);
  const alike = score(ours, histories(2, 300, { ar: 0.4 }, 20));
  expect(alike.alarms).toBeLessThanOrEqual(20);
  expect(alike.f1).toBeGreaterThan(0.5);
});

test('neighbouring samples that are alike are allowed for', () => {
  const found = judged(course(dice(8), { n: 300, sigma: 0.1, ar: 0.5, changes: [{ at: 150, size: 0.5 }] }));
  expect(found[0]!.noise.inflation).toBeGreaterThan(1.5);
  expect(found).toMatchObject([{ type: 'step', verdict: 'regressed' }]);
});

test('failures that begin are found, rare ones are not taken for a change', () => {
  const times = Float64Array.from({ length: 200 }, (_, i) => i);
  const rows = (failed: (i: number) => boolean) => ({
    series: 's',
    times,
    failed: Uint8Array.from(times, (i) => (failed(i) ? 1 : 0)),
  });
  expect(
    judgeFailureHistory(
      rows((i) => i >= 120 && i % 3 > 0),
      options,
    ),
  ).toMatchObject([{ verdict: 'regressed', type: 'failures', at: 121 }]);
  const throws = dice(4);
  let alarms = 0;
  for (let k = 0; k < 300; k++)
    if (
      judgeFailureHistory(
        rows(() => throws.unit() < 0.03),
        options,
      ).length > 0
    )
      alarms += 1;
  expect(alarms).toBeLessThanOrEqual(6);
});

test('the slope of a trend is scipy’s', () => {
  expect(slopeOf(scipy.trend.values)).toBeCloseTo(scipy.trend.slope, 10);
});
