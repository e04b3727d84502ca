import { LevelWatch } from '../../judge/level-watch.ts';
import { judgeMarker } from '../../judge/marker.ts';
import { wallOf } from '../../judge/season.ts';
import type { Report } from '../report.ts';
import { benchstat, kayenta, type PeerRule } from './rules.ts';
import { type Course, course, dice } from './world.ts';

const hour = 3_600_000;
const old = 28 * 24;
const looks = 72;

/** The five worlds of B2: independent, season, + AR .4, + days 5 %, and σ .1 with AR .6 and days 5 %. */
export const worlds: readonly { readonly name: string; readonly world: Omit<Course, 'n'> }[] = [
  { name: 'independent', world: { sigma: 0.2 } },
  { name: 'season', world: { sigma: 0.2, season: 0.3, weekend: -0.15, miss: 0.03 } },
  { name: 'AR .4', world: { sigma: 0.2, ar: 0.4, season: 0.3, weekend: -0.15, miss: 0.03 } },
  { name: 'AR .4, days 5 %', world: { sigma: 0.2, ar: 0.4, day: 0.05, season: 0.3, weekend: -0.15, miss: 0.03 } },
  { name: 'σ .1, AR .6, days 5 %', world: { sigma: 0.1, ar: 0.6, day: 0.05, season: 0.3, weekend: -0.15, miss: 0.03 } },
];

/** A month of hourly samples and 72 more, missing ones left out. */
function made(throws: ReturnType<typeof dice>, world: Omit<Course, 'n'>, name: string, size: number) {
  const start = Math.floor(throws.unit() * 168);
  const changes = size === 0 ? [] : [{ at: old, size }];
  const all = course(throws, { ...world, n: old + looks, start, changes });
  const places = [...all.keys()].filter((i) => !Number.isNaN(all[i]!));
  return {
    series: name,
    better: 'lower' as const,
    scale: 'log' as const,
    times: Float64Array.from(places, (i) => (i + start + 96) * hour),
    values: Float64Array.from(places, (i) => all[i]!),
    at: (old + start + 96) * hour,
  };
}

/** Share of series that a rule for two samples flags at any of the hourly looks, against the 24 hours before: what peers do. */
export function peeked(
  seed: number,
  { world, count, rule }: { readonly world: Omit<Course, 'n'>; readonly count: number; readonly rule: PeerRule },
): number {
  const throws = dice(seed);
  let flagged = 0;
  for (let i = 0; i < count; i++) {
    const { times, values, at } = made(throws, world, `s${i}`, 0);
    const from = times.findIndex((time) => time >= at);
    const before = values.subarray(Math.max(0, from - 24), from);
    for (let to = from + 3; to <= values.length; to++)
      if (rule(before, values.subarray(from, to))) {
        flagged += 1;
        break;
      }
  }
  return flagged / count;
}

/** Share of series by themselves that were ever flagged, and the median hours until then. */
export function single(
  seed: number,
  { world, size, count }: { readonly world: Omit<Course, 'n'>; readonly size: number; readonly count: number },
) {
  const throws = dice(seed);
  const wall = wallOf('UTC');
  const delays: number[] = [];
  for (let i = 0; i < count; i++) {
    const one = made(throws, world, `s${i}`, size);
    const options = { at: one.at, floor: size === 0 ? 0 : 0.05, wall };
    const [said] = judgeMarker([new LevelWatch(one, options)], options);
    const hit =
      size === 0 ? said!.verdict === 'regressed' || said!.verdict === 'improved' : said!.verdict === 'regressed';
    delays.push(hit ? (said!.detected! - one.at) / hour + 1 : Number.POSITIVE_INFINITY);
  }
  delays.sort((a, b) => a - b);
  return {
    flagged: delays.filter((delay) => delay < Number.POSITIVE_INFINITY).length / count,
    median: delays[Math.floor(count / 2)]!,
  };
}

/** A suite of 200, 12 of them changed by `size`: false flags among 188, and the median hours of the changed ones. */
export function together(
  seed: number,
  {
    world,
    size,
    suites,
  }: { readonly world: Omit<Course, 'n' | 'sigma'>; readonly size: number; readonly suites: number },
) {
  const throws = dice(seed);
  const wall = wallOf('UTC');
  let wrong = 0;
  const delays: number[] = [];
  for (let s = 0; s < suites; s++) {
    const start = Math.floor(throws.unit() * 168);
    const courses = Array.from({ length: 200 }, (_, i) => {
      const changes = i < 12 ? [{ at: old, size }] : [];
      const all = course(throws, { ...world, sigma: [0.1, 0.2, 0.3][i % 3]!, n: old + looks, start, changes });
      const places = [...all.keys()].filter((k) => !Number.isNaN(all[k]!));
      return {
        series: `s${i}`,
        better: 'lower' as const,
        scale: 'log' as const,
        times: Float64Array.from(places, (k) => (k + start + 96) * hour),
        values: Float64Array.from(places, (k) => all[k]!),
      };
    });
    const at = (old + start + 96) * hour;
    const options = { at, floor: 0.05, wall };
    const watches = courses.map((one) => new LevelWatch(one, options));
    judgeMarker(watches, options).forEach(({ verdict, detected }, i) => {
      if (i >= 12) wrong += verdict === 'regressed' || verdict === 'improved' ? 1 : 0;
      else delays.push(verdict === 'regressed' ? (detected! - at) / hour + 1 : Number.POSITIVE_INFINITY);
    });
  }
  delays.sort((a, b) => a - b);
  return { wrong: wrong / suites, median: delays[Math.floor(delays.length / 2)]! };
}

/** The hardest world is the nearest to its goal, and has the most series. */
const arrived = { series: 5000, hardest: 12_000, changed: 400, peers: 300, suites: 40 } as const;

/** T2: after a change marker, looked at every hour. */
export function markerErrors(report: Report): void {
  for (const [k, { name, world }] of worlds.entries()) {
    const count = k === worlds.length - 1 ? arrived.hardest : arrived.series;
    const { flagged } = single(200 + k, { world, size: 0, count });
    const value = 100 * flagged;
    const error = 100 * Math.sqrt((flagged * (1 - flagged)) / count);
    for (const [peer, rule] of [
      ['benchstat', benchstat],
      ['Kayenta', kayenta],
    ] as const)
      report({
        figure: `T2 falsely flagged at any of 72 looks, ${name}, of ${count} (SE ${error.toFixed(2)})`,
        value,
        unit: '%',
        peer: `${peer} every hour, of ${arrived.peers}`,
        peerValue: 100 * peeked(200 + k, { world, count: arrived.peers, rule }),
        goal: '≤ 1',
        holds: value <= 1,
      });
  }
  const { world } = worlds[2]!;
  for (const [size, one, all] of [
    [0.5, 10, 12],
    [1, 6, 8],
  ] as const) {
    const alone = single(300, { world, size, count: arrived.changed }).median;
    const name = `+${size * 100} %, AR .4`;
    report({
      figure: `T2 until ${name} is said, one step`,
      value: alone,
      unit: 'h',
      goal: `≤ ${one}`,
      holds: alone <= one,
    });
    const { wrong, median } = together(301, { world, size, suites: arrived.suites });
    const within = `among 200 steps, ${arrived.suites} suites`;
    report({
      figure: `T2 until ${name} is said, ${within}`,
      value: median,
      unit: 'h',
      goal: `≤ ${all}`,
      holds: median <= all,
    });
    report({
      figure: `T2 false flags of 188, ${name}, ${within}`,
      value: wrong,
      unit: 'steps',
      goal: '≤ 0.5',
      holds: wrong <= 0.5,
    });
  }
}
