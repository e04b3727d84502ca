import { judgeHistory } from '../../judge/history.ts';
import type { Report } from '../report.ts';
import { otava } from './otava.ts';
import { type Change, type Course, course, type Dice, dice } from './world.ts';

export interface Labelled {
  readonly values: Float64Array;
  readonly truth: readonly number[];
}

const sizes = [0.05, 0.1, 0.2, 0.5, 1];

/** k changes in [15, n − 15), at least 15 apart, 70 % upwards (regression.md §13). */
function changesOf(throws: Dice, n: number, k: number): Change[] {
  for (;;) {
    const at = Array.from({ length: k }, () => 15 + Math.floor(throws.unit() * (n - 30))).sort((a, b) => a - b);
    if (at.some((place, i) => i > 0 && place - at[i - 1]! < 15)) continue;
    return at.map((place) => {
      const size = throws.pick(sizes);
      return { at: place, size: throws.unit() < 0.7 ? size : 1 / (1 + size) - 1 };
    });
  }
}

/** 150 stable and 150 changed series for each of three deviations. */
export function histories(
  seed: number,
  n: number,
  world: Pick<Course, 'ar'>,
  each = 150,
): { stable: Labelled[]; changed: Labelled[] } {
  const throws = dice(seed);
  const stable: Labelled[] = [];
  const changed: Labelled[] = [];
  for (const sigma of [0.05, 0.15, 0.3])
    for (let i = 0; i < each; i++) {
      stable.push({ values: course(throws, { n, sigma, ...world }), truth: [] });
      const changes = changesOf(throws, n, n <= 50 ? 1 : 1 + Math.floor(throws.unit() * (n <= 100 ? 2 : 3)));
      changed.push({ values: course(throws, { n, sigma, ...world, changes }), truth: changes.map(({ at }) => at) });
    }
  return { stable, changed };
}

export type Finder = (values: Float64Array) => readonly number[];

/** Our change points: where a level begins and, where it went away, where it ends. */
export const ours: Finder = (values) => {
  const times = Float64Array.from(values, (_, i) => i);
  const found = judgeHistory(
    { series: 's', better: 'lower', scale: 'log', times, values },
    { alpha: 0.01, floor: 0.05 },
  );
  return found.flatMap(({ at, until }) => (until === null ? [at!] : [at!, until])).sort((a, b) => a - b);
};

/** Hits by one-to-one matching within five points. */
function hitsOf(found: readonly number[], truth: readonly number[]): number {
  const left = [...found];
  let hits = 0;
  for (const at of truth) {
    const near = left.findIndex((place) => Math.abs(place - at) <= 5);
    if (near < 0) continue;
    left.splice(near, 1);
    hits += 1;
  }
  return hits;
}

export function score(
  find: Finder,
  { stable, changed }: { readonly stable: readonly Labelled[]; readonly changed: readonly Labelled[] },
) {
  const alarmed = stable.filter(({ values }) => find(values).length > 0).length;
  let hits = 0;
  let said = 0;
  let real = 0;
  for (const { values, truth } of changed) {
    const found = find(values);
    hits += hitsOf(found, truth);
    said += found.length;
    real += truth.length;
  }
  const precision = said > 0 ? hits / said : 0;
  return {
    f1: hits > 0 ? (2 * hits) / (said + real) : 0,
    precision,
    recall: hits / real,
    alarms: (1000 * alarmed) / stable.length,
  };
}

/** T4: unknown change points in finished series of 300, beside apache-otava. */
export async function historyErrors(report: Report): Promise<void> {
  for (const [ar, goal] of [
    [0, 0.73],
    [0.4, 0.62],
  ] as const) {
    const worlds = histories(400, 300, { ar }, 300);
    const { f1, alarms } = score(ours, worlds);
    const all = [...worlds.stable, ...worlds.changed];
    const asked = await otava(all.map(({ values }) => values));
    const place = new Map(all.map(({ values }, i) => [values, i]));
    const theirs = 'found' in asked ? score((values) => asked.found[place.get(values)!]!, worlds) : undefined;
    const peer = 'found' in asked ? `${asked.name}, 5 %` : asked.missing;
    const name = ar === 0 ? 'independent' : `AR ${ar}`;
    report({
      figure: `T4 F1, ${name}, 300 samples`,
      value: f1,
      unit: 'share',
      peer,
      ...(theirs ? { peerValue: theirs.f1 } : {}),
      goal: `≥ ${goal}`,
      holds: f1 >= goal,
    });
    report({
      figure: `T4 stable series with a false change, ${name}`,
      value: alarms,
      unit: '/1000',
      peer,
      ...(theirs ? { peerValue: theirs.alarms } : {}),
      goal: '≤ 10',
      holds: alarms <= 10,
    });
  }
}
