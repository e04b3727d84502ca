import { expect, test } from 'vitest';
import { single, together, worlds } from '../../bench/judge/t2.ts';
import { course, dice } from '../../bench/judge/world.ts';
import type { Course } from '../../judge/course.ts';
import { LevelWatch } from '../../judge/level-watch.ts';
import { judgeMarker } from '../../judge/marker.ts';
import { wallOf } from '../../judge/season.ts';

const hour = 3_600_000;
const monday = Date.UTC(2026, 0, 5);
const at = monday + 20 * 24 * hour;

function hourly(seed: number, size: number, n = 22 * 24): Course {
  const values = course(dice(seed), {
    n,
    sigma: 0.1,
    ar: 0.3,
    season: 0.3,
    changes: size === 0 ? [] : [{ at: 20 * 24, size }],
  });
  return {
    series: `s${seed}`,
    better: 'lower',
    scale: 'log',
    times: Float64Array.from(values, (_, i) => monday + i * hour),
    values,
  };
}
const options = { at, floor: 0.05, wall: wallOf('UTC') };
const judge = (courses: readonly Course[]) =>
  judgeMarker(
    courses.map((one) => new LevelWatch(one, options)),
    options,
  );

test('a slow-down after the marker is said within hours, from the marker on', () => {
  const said = judge([hourly(1, 0.5), hourly(2, 0), hourly(3, 0)]);
  expect(said.map(({ verdict }) => verdict)).toEqual([
    'regressed',
    expect.not.stringMatching('regressed|improved'),
    expect.not.stringMatching('regressed|improved'),
  ]);
  expect(said[0]).toMatchObject({ at, type: 'step', confirmed: true, until: null });
  expect(said[0]!.detected! - at).toBeLessThan(12 * hour);
  expect(said[0]!.notes).toContain('daily pattern taken out');
});

test('hiding later samples changes no earlier finding', () => {
  const all = [hourly(1, 0.5), hourly(2, 0.2), hourly(3, -0.3), hourly(4, 0), hourly(5, 1)];
  const whole = judge(all);
  for (let hours = 0; hours <= 48; hours += 3) {
    const until = at + hours * hour;
    const cut = all.map((one) => {
      const n = one.times.findIndex((time) => time > until);
      return {
        ...one,
        times: one.times.slice(0, n < 0 ? undefined : n),
        values: one.values.slice(0, n < 0 ? undefined : n),
      };
    });
    judge(cut).forEach((said, i) => {
      if (said.detected !== null) expect(said).toEqual(whole[i]);
      else if (whole[i]!.detected !== null) expect(whole[i]!.detected!).toBeGreaterThan(until);
    });
  }
});

test('too little before or after is too few', () => {
  expect(judge([hourly(1, 0, 20 * 24)])[0]).toMatchObject({ verdict: 'too-few', ratio: null });
  const late = hourly(1, 0);
  const after = { ...late, times: late.times.slice(20 * 24), values: late.values.slice(20 * 24) };
  expect(judge([after])[0]!.verdict).toBe('too-few');
  const flat = { ...late, values: late.values.map(() => 3) };
  expect(judge([flat])[0]!.verdict).toBe('unchanged');
});

test('few false flags and short delays in the worlds of the bench', () => {
  const { world } = worlds[2]!;
  expect(single(5, { world, size: 0, count: 100 }).flagged).toBeLessThanOrEqual(0.03);
  expect(single(6, { world, size: 1, count: 20 }).median).toBeLessThanOrEqual(7);
  const suite = together(7, { world, size: 1, suites: 1 });
  expect(suite.median).toBeLessThanOrEqual(9);
  expect(suite.wrong).toBeLessThanOrEqual(1);
});

test('a wall clock follows its zone through the change to summer time', () => {
  const berlin = wallOf('Europe/Berlin');
  expect(berlin(Date.UTC(2026, 2, 29, 0, 30))).toBe(1 * 4 + 2);
  expect(berlin(Date.UTC(2026, 2, 29, 1, 30))).toBe(3 * 4 + 2);
  expect(wallOf('Asia/Kolkata')(Date.UTC(2026, 2, 30, 0, 20))).toBe(24 * 4 + 5 * 4 + 3);
  const utc = wallOf('UTC');
  for (const time of [monday, monday + 30 * hour])
    expect(utc(time)).toBe(new Date(time).getUTCDay() * 96 + new Date(time).getUTCHours() * 4);
});
