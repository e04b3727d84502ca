import { judgeIncidents } from '../../judge/incident.ts';
import { wallOf } from '../../judge/season.ts';
import type { Report } from '../report.ts';
import { type Course, course, dice } from './world.ts';

const hour = 3_600_000;
const old = 28 * 24;
const month = 720;

/** Step-months after 28 days of history: alarms a month, or slots until a change of `size` within the first 200 hours is said. */
export function months(
  seed: number,
  {
    world,
    size,
    count,
    sigma = 0.2,
  }: {
    readonly world: Omit<Course, 'n' | 'sigma'>;
    readonly size: number;
    readonly count: number;
    readonly sigma?: number;
  },
) {
  const throws = dice(seed);
  const wall = wallOf('UTC');
  let alarms = 0;
  const alarmed: number[] = [];
  const delays: number[] = [];
  for (let k = 0; k < count; k++) {
    const start = Math.floor(throws.unit() * 168);
    const at = old + Math.floor(throws.unit() * 200);
    const all = course(throws, { ...world, sigma, n: old + month, start, changes: size === 0 ? [] : [{ at, size }] });
    const places = [...all.keys()].filter((i) => !Number.isNaN(all[i]!));
    const found = judgeIncidents(
      {
        series: 's',
        better: 'lower',
        scale: 'log',
        times: Float64Array.from(places, (i) => (i + start + 96) * hour),
        values: Float64Array.from(places, (i) => all[i]!),
      },
      { alpha: 0.01, floor: 0.2, wall },
    ).map(({ detected }) => detected! / hour - start - 96);
    if (size === 0) {
      const late = found.filter((place) => place >= old).length;
      alarms += late;
      alarmed.push(late);
    } else {
      const first = found.find((place) => place >= at);
      delays.push(first === undefined ? Number.POSITIVE_INFINITY : first - at + 1);
    }
  }
  delays.sort((a, b) => a - b);
  const mean = alarms / count;
  const error = Math.sqrt(alarmed.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, count - 1) / count);
  return { alarms: 1000 * mean, error: 1000 * error, median: delays[Math.floor(count / 2)] ?? Number.NaN };
}

export const season = { season: 0.3, weekend: -0.15, miss: 0.03 };

/** T7: incidents told live, hourly, 28 days of history and a month. */
export function incidentErrors(report: Report): void {
  for (const ar of [0, 0.4]) {
    const { alarms, error } = months(700, { world: { ...season, ar }, size: 0, count: 400 });
    report({
      figure: `T7 false alarms per 1,000 step-months, AR ${ar} with season, 400 (standard error ${error.toFixed(0)})`,
      value: alarms,
      unit: 'alarms',
      goal: '≤ 100',
      holds: alarms <= 100,
    });
    for (const [size, goal] of [
      [0.5, 10],
      [1, 4],
    ] as const) {
      const { median } = months(701, { world: { ...season, ar }, size, count: 200 });
      report({
        figure: `T7 until +${size * 100} % is said, AR ${ar} with season`,
        value: median,
        unit: 'slots',
        goal: `≤ ${goal}`,
        holds: median <= goal,
      });
    }
  }
}
