import { expect, test } from 'vitest';
import { months, season } from '../../bench/judge/t7.ts';
import { course, dice } from '../../bench/judge/world.ts';
import { judgeFailureIncidents } from '../../judge/failure-incident.ts';
import { judgeIncidents } from '../../judge/incident.ts';
import { wallOf } from '../../judge/season.ts';

const hour = 3_600_000;
const options = { alpha: 0.01, floor: 0.2, wall: wallOf('UTC') };
const judged = (values: ArrayLike<number>, more: Partial<typeof options> & { both?: boolean } = {}, step = hour) =>
  judgeIncidents(
    {
      series: 's',
      better: 'lower',
      scale: 'log',
      times: Float64Array.from(values as ArrayLike<number>, (_, i) => i * step),
      values: Float64Array.from(values as ArrayLike<number>),
    },
    { ...options, ...more },
  ).map((one) => ({
    ...one,
    at: one.at! / step,
    detected: one.detected! / step,
    until: one.until === null ? null : one.until / step,
  }));
const noisy = (n: number, change: (i: number) => number) => {
  const throws = dice(5);
  return Array.from({ length: n }, (_, i) => Math.exp(0.1 * throws.normal()) * (1 + change(i)));
};

test('six bad slots are one spike with its end, said at the third', () => {
  const found = judged(noisy(300, (i) => (i >= 200 && i < 206 ? 1 : 0)));
  expect(found).toMatchObject([{ verdict: 'regressed', type: 'spike', at: 200, detected: 202, until: 206 }]);
  expect(found[0]!.ratio).toBeGreaterThan(1.6);
  expect(found[0]!.low!).toBeLessThan(2);
  expect(found[0]!.high!).toBeGreaterThan(2);
});

test('one or two outliers never alarm', () => {
  expect(judged(noisy(300, (i) => (i % 50 < 2 ? 20 : 0)))).toEqual([]);
});

test('what stays becomes the usual level: a second rise is told from there, a return is better', () => {
  const values = noisy(400, (i) => (i >= 300 ? 0 : i >= 200 ? 5 : i >= 100 ? 1 : 0));
  const found = judged(values, { both: true });
  expect(found.map(({ verdict, at, until }) => [verdict, at, until])).toEqual([
    ['regressed', 100, null],
    ['regressed', 200, null],
    ['improved', 300, null],
  ]);
  expect(found[1]!.ratio).toBeGreaterThan(2.5);
  expect(judged(values)).toHaveLength(2);
});

test('a small lasting shift goes the slow path as a step', () => {
  const found = judged(noisy(400, (i) => (i >= 250 ? 0.35 : 0)));
  expect(found).toMatchObject([{ verdict: 'regressed', type: 'step', until: null }]);
  expect(Math.abs(found[0]!.at - 250)).toBeLessThanOrEqual(2);
  expect(found[0]!.detected).toBeLessThan(265);
});

test('five-minute and daily series use the same code; a pause breaks the row', () => {
  for (const step of [300_000, 24 * hour])
    expect(
      judged(
        noisy(300, (i) => (i >= 200 && i < 206 ? 1 : 0)),
        {},
        step,
      ),
    ).toMatchObject([{ at: 200, until: 206 }]);
});

test('all-equal, short and empty series are left alone', () => {
  expect(judged(new Float64Array(200).fill(3))).toEqual([]);
  expect(judged([1, 2, 3])).toEqual([]);
  expect(judged([])).toEqual([]);
});

test('few false alarms and short delays in the season and AR .4 world', () => {
  const world = { ...season, ar: 0.4 };
  expect(months(1, { world, size: 0, count: 12 }).alarms).toBeLessThanOrEqual(300);
  expect(months(2, { world, size: 1, count: 12 }).median).toBeLessThanOrEqual(5);
});

test('hiding later samples changes no earlier finding, apart from its end', () => {
  const changes = [
    { at: 300, until: 310, size: 1 },
    { at: 400, size: 0.5 },
    { at: 470, size: -0.5 },
  ];
  const values = course(dice(3), { n: 520, sigma: 0.12, ar: 0.3, season: 0.2, changes });
  const whole = judged(values, { both: true });
  expect(whole.length).toBeGreaterThan(2);
  for (let n = 280; n <= 520; n += 15)
    expect(judged(values.slice(0, n), { both: true }).map((one) => ({ ...one, until: null }))).toEqual(
      whole.filter(({ detected }) => detected < n).map((one) => ({ ...one, until: null })),
    );
});

test('failures: an outage is found with its end, a rare failure is not', () => {
  const tries = (failed: (i: number) => boolean, n = 300) => ({
    series: 's',
    times: Float64Array.from({ length: n }, (_, i) => i),
    failed: Uint8Array.from({ length: n }, (_, i) => (failed(i) ? 1 : 0)),
  });
  expect(
    judgeFailureIncidents(
      tries((i) => i >= 150 && i < 160),
      options,
    ),
  ).toMatchObject([{ type: 'failures', at: 150, until: 160 }]);
  const throws = dice(2);
  let alarms = 0;
  for (let k = 0; k < 60; k++)
    alarms += judgeFailureIncidents(
      tries(() => throws.unit() < 0.03, 720),
      options,
    ).length;
  expect(alarms).toBeLessThanOrEqual(6);
});

test('two modes are usual where they were usual: three slow ones in a row by chance are no incident', () => {
  const throws = dice(31);
  let alarmed = 0;
  for (let k = 0; k < 40; k++) {
    const values = Float64Array.from(
      { length: 300 },
      () => (throws.unit() < 0.3 ? 10 : 1) * Math.exp(0.1 * throws.normal()),
    );
    const times = values.map((_, i) => i * 3_600_000);
    const options = { alpha: 0.01, floor: 0.2, wall: wallOf('UTC') };
    const found = judgeIncidents({ series: 's', better: 'lower', scale: 'log', times, values }, options);
    if (found.length > 0) alarmed += 1;
  }
  expect(alarmed).toBeLessThanOrEqual(3);
});

test('weekends that are faster by a third are learned from the first one, and no incident from the second on', () => {
  const throws = dice(32);
  const values = Array.from({ length: 5 * 168 }, (_, i) => {
    const weekend = i % 168 >= 120;
    return (weekend ? 0.65 : 1) * Math.exp(0.08 * throws.normal());
  });
  const monday = 4 * 24;
  const found = judgeIncidents(
    {
      series: 's',
      better: 'lower',
      scale: 'log',
      times: Float64Array.from(values, (_, i) => (i + monday) * hour),
      values: Float64Array.from(values),
    },
    { ...options, both: true },
  );
  expect(found.length).toBeGreaterThan(0);
  expect(Math.max(...found.map(({ detected }) => detected! / hour - monday))).toBeLessThan(180);
});

test('a job that comes at any time is told four times, then only where it is longer or farther', () => {
  const throws = dice(34);
  const n = 14 * 288;
  const factor = new Float64Array(n).fill(1);
  const bursts: number[] = [];
  for (let i = 200; i < n - 600; i += 60 + Math.floor(60 * throws.unit())) {
    bursts.push(i);
    factor.fill(20, i, i + 8);
  }
  const [longer, farther] = [n - 400, n - 200];
  factor.fill(20, longer, longer + 20);
  factor.fill(60, farther, farther + 8);
  const values = factor.map((by) => by * Math.exp(0.15 * throws.normal()));
  const found = judged(values, {}, 300_000).map(({ at }) => at);
  expect(bursts.length).toBeGreaterThan(30);
  expect(found).toEqual([...bursts.slice(0, 4), longer, farther]);
});

test('what is mostly zero has no finding of nothing', () => {
  const throws = dice(35);
  const values = Array.from({ length: 2000 }, (_, i) =>
    throws.unit() < (i % 400 < 200 ? 0.5 : 0.2) ? 100 * throws.unit() : 0,
  );
  const times = Float64Array.from(values, (_, i) => i * hour);
  const found = judgeIncidents(
    { series: 's', better: 'lower', scale: 'linear', times, values: Float64Array.from(values) },
    { ...options, both: true },
  );
  for (const { difference } of found) expect(difference).not.toBe(0);
});

test('a day that rises within a quarter of an hour is a pattern at five-minute cadence too', () => {
  const throws = dice(33);
  const step = 300_000;
  const values = Array.from({ length: 14 * 288 }, (_, i) => {
    const busy = i % 288 >= 100 && i % 288 < 220;
    return (busy ? 2 : 1) * Math.exp(0.05 * throws.normal());
  });
  const late = judged(values, {}, step).filter(({ detected }) => detected >= 8 * 288);
  expect(late).toEqual([]);
  const slow = values.map((value, i) => (i >= 12 * 288 ? 1.5 * value : value));
  expect(judged(slow, {}, step).filter(({ detected }) => detected >= 8 * 288)).toMatchObject([{ at: 12 * 288 }]);
});
