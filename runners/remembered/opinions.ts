import type { Change } from '../../core/event.ts';
import { judgeFailureIncidents } from '../../judge/failure-incident.ts';
import { FailureWatch } from '../../judge/failure-watch.ts';
import { judgeFailureHistory, judgeHistory } from '../../judge/history.ts';
import { judgeIncidents } from '../../judge/incident.ts';
import type { Judgement } from '../../judge/judgement.ts';
import { LevelWatch } from '../../judge/level-watch.ts';
import { judgeMarker } from '../../judge/marker.ts';
import { median } from '../../judge/order.ts';
import { wallOf } from '../../judge/season.ts';
import type { Remembered } from './courses.ts';

/** A step and what a judge says of it. */
export interface Opinion {
  readonly of: Remembered;
  readonly judgement: Judgement;
  /** The marker that it was judged after. */
  readonly marker?: Change;
}

export interface Asking {
  /** IANA zone of the season. */
  readonly zone: string;
  /** Changes that are still watched. */
  readonly markers: readonly Change[];
}

/** Relative floors and the false-alarm rate of a series, as in `analyze`. */
const floor = { level: 0.05, incident: 0.2 } as const;
const alpha = 0.01;

/** What every judge says of every step: after each marker, of incidents, and of when levels changed. */
export function opinionsOf(all: readonly Remembered[], { zone, markers }: Asking): readonly Opinion[] {
  const wall = wallOf(zone);
  const opinions: Opinion[] = markers.flatMap((marker) => {
    const options = { at: marker.at, floor: floor.level, wall, markers: markers.length };
    const watched = all.flatMap((of) => [
      ...(of.course.values.length > 0 ? [{ of, watch: new LevelWatch(of.course, options) }] : []),
      ...(of.metric ? [] : [{ of, watch: new FailureWatch(of.tries, options) }]),
    ]);
    const said = judgeMarker(
      watched.map(({ watch }) => watch),
      options,
    );
    return said.map((judgement, n): Opinion => ({ of: watched[n]!.of, judgement, marker }));
  });
  for (const of of all) {
    const found = [
      ...judgeIncidents(of.course, { alpha, floor: floor.incident, both: false, wall }),
      ...judgeHistory(of.course, { alpha, floor: floor.level }),
      ...(of.metric
        ? []
        : [
            ...judgeFailureIncidents(of.tries, { alpha, floor: floor.incident, both: false, wall }),
            ...judgeFailureHistory(of.tries, { alpha, floor: floor.level }),
          ]),
    ];
    for (const judgement of found) opinions.push({ of, judgement });
  }
  return opinions;
}

const told = new Set(['regressed', 'improved']);
const rank = { marker: 0, incident: 1, history: 2, gate: 3 } as const;

/**
 * What holds now: of each step the strongest opinion about its present level, a marker's before an incident's before the
 * scan's. What went away, or was followed by another change, is past.
 */
export function present(opinions: readonly Opinion[]): readonly Opinion[] {
  const bySeries = Map.groupBy(
    opinions.filter(({ judgement }) => told.has(judgement.verdict)),
    ({ of, judgement }) => `${of.id} ${judgement.verdict}`,
  );
  return [...bySeries.values()].flatMap((some) => {
    const scanned = some.filter(({ judgement }) => judgement.kind === 'history');
    const last = scanned.at(-1);
    const lasting = some.filter(
      (one) => one.judgement.until === null && (one.judgement.kind !== 'history' || one === last) && holds(one),
    );
    const [strongest] = lasting.toSorted((a, b) => rank[a.judgement.kind] - rank[b.judgement.kind]);
    return strongest ? [strongest] : [];
  });
}

/** The newest so many samples say whether a level is still the one that was found. */
const newest = 12;

/** Whether the newest samples are nearer to the new level than to the old one: what has gone away since is past. */
function holds({ of, judgement }: Opinion): boolean {
  const { before, after, type } = judgement;
  if (before.median === null || after.median === null) return true;
  const { course, tries } = of;
  const now =
    type === 'failures'
      ? mean(tries.failed.subarray(-2 * newest))
      : median(course.values.subarray(-Math.min(newest, after.n)));
  return Math.abs(now - after.median) <= Math.abs(now - before.median);
}

const mean = (values: Uint8Array) => values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
