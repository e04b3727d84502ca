import { type Course, floorOn, scaled } from './course.ts';
import { OneSide, type Seen } from './incident-side.ts';
import type { Judgement } from './judgement.ts';
import { median } from './order.ts';
import { Recent } from './recent.ts';
import type { Wall } from './season.ts';

export interface IncidentOptions {
  /** Stated false-alarm rate of a series over 72 samples (three days of hours); .01 is 1 %. */
  readonly alpha: number;
  /** Relative: .2 is 20 %. */
  readonly floor: number;
  readonly wall: Wall;
  /** Tell improvements too. */
  readonly both?: boolean;
}

/** Slots after which an incident is the new level. */
const settled = 24;
/** Normal samples that end an incident, and what counts as normal. */
const calmFor = 4;
const calm = 1.5;

interface Open {
  readonly sign: 1 | -1;
  readonly place: number;
  readonly samples: [number, number][];
  /** Half of what it was away when it was told: what stays beyond is not over, though it may be within the noise of single samples. */
  readonly half: number;
  calmSince: number;
}

/**
 * Finds incidents strictly in order of time, each sample judged by what was usual before it.
 *
 *   usual ──fast path: 3 in a row far off──▶ open ──4 calm samples──▶ usual (the finding has an `until`)
 *     └────slow path: e-SR over A──────────▶  └──────24 slots───────▶ usual at the new level (no `until`)
 *
 * What is said of a finding when it opens never changes; only `until` is added.
 */
export function judgeIncidents(course: Course, options: IncidentOptions): readonly Judgement[] {
  const values = scaled(course);
  const recent = new Recent(options.wall);
  const sides = { 1: new OneSide(1, options.alpha), [-1]: new OneSide(-1, options.alpha) } as const;
  const found: { sign: 1 | -1; judgement: Judgement }[] = [];
  let open: Open | undefined;
  const reset = () => {
    sides[1].reset();
    sides[-1].reset();
  };
  for (let i = 0; i < values.length; i++) {
    const [time, value] = [course.times[i]!, values[i]!];
    const { baseline } = recent;
    if (baseline === undefined) {
      recent.add(time, value);
      continue;
    }
    const rest = value - baseline.season.at(time);
    const floor = floorOn(course.scale, options.floor, course.scale === 'log' ? 1 : baseline.centre);
    const seen: Seen = {
      place: i,
      time,
      rest,
      baseline,
      sigma: Math.max(recent.sigma, floor / 3, 1e-12),
      widened: recent.widened,
      floor,
    };
    const sign = ([1, -1] as const).find((one) => sides[one].take(seen) && open?.sign !== one);
    if (sign !== undefined) {
      const alarm = sides[sign].alarm!;
      if (open) found[open.place] = ended(found[open.place]!, course.times[alarm.from]!);
      const judgement = tell(course, { values, alarm, seen, options });
      const away = judgement.ratio === null ? judgement.difference! : Math.log(judgement.ratio);
      open = { sign, place: found.length, samples: [], half: Math.abs(away) / 2, calmSince: -1 };
      for (let k = alarm.from; k < i; k++) open.samples.push([course.times[k]!, values[k]!]);
      found.push({ sign, judgement });
    }
    if (open === undefined) {
      if (recent.add(time, value)) for (const side of [sides[1], sides[-1]]) side.learned();
      continue;
    }
    open.samples.push([time, value]);
    if (open.sign * (rest - baseline.centre) >= Math.min(calm * seen.sigma, open.half)) open.calmSince = -1;
    else if (open.calmSince < 0) open.calmSince = i;
    if (open.calmSince >= 0 && i - open.calmSince + 1 >= calmFor) {
      found[open.place] = ended(found[open.place]!, course.times[open.calmSince]!);
      recent.pass(open.samples.slice(0, -calmFor));
      for (const [at, normal] of open.samples.slice(-calmFor)) recent.add(at, normal);
      open = undefined;
      reset();
    } else if (open.samples.length >= settled) {
      recent.anchor(open.samples);
      open = undefined;
      reset();
    }
  }
  const shown = options.both ? found : found.filter(({ judgement }) => judgement.verdict === 'regressed');
  return shown.map(({ judgement }) => judgement);
}

function ended<F extends { readonly judgement: Judgement }>(finding: F, until: number): F {
  return { ...finding, judgement: { ...finding.judgement, until } };
}

interface Told {
  readonly values: Float64Array;
  readonly alarm: NonNullable<OneSide['alarm']>;
  readonly seen: Seen;
  readonly options: IncidentOptions;
}

function tell(course: Course, { values, alarm, seen, options }: Told): Judgement {
  const { baseline, place } = seen;
  const since = Array.from(
    values.subarray(alarm.from, place + 1),
    (value, k) => value - baseline.season.at(course.times[alarm.from + k]!),
  );
  const middle = median(since);
  const away = middle - baseline.centre;
  const n = since.length;
  const inflation = (1 + baseline.rho) / (1 - baseline.rho);
  const square = baseline.square * inflation * (1 / n + 1 / baseline.rest.length) + baseline.daySquare;
  const half = 1.96 * 1.25 * Math.sqrt(square);
  const log = course.scale === 'log';
  const shown = (value: number) => (log ? Math.exp(value) : value);
  const worse = away > 0 === (course.better === 'lower');
  return {
    series: course.series,
    kind: 'incident',
    verdict: worse ? 'regressed' : 'improved',
    confirmed: true,
    at: course.times[alarm.from]!,
    detected: seen.time,
    until: null,
    type: alarm.path === 'fast' ? 'spike' : 'step',
    before: { n: baseline.rest.length, median: shown(baseline.centre) },
    after: { n, median: shown(middle) },
    scale: course.scale,
    ratio: log ? Math.exp(away) : null,
    low: shown(away - half),
    high: shown(away + half),
    difference: log ? null : away,
    p: null,
    e: alarm.evidence,
    family: { size: 1, flagged: 1, rule: 'alone', level: options.alpha },
    noise: { sigma: baseline.sigma, tau: Math.sqrt(baseline.daySquare), inflation },
    floor: options.floor,
    settle: null,
    notes: [
      ...(baseline.season.found ? ['daily pattern taken out'] : []),
      ...(inflation > 1.05 ? [`neighbouring samples are alike: variance ×${inflation.toFixed(1)}`] : []),
    ],
  };
}
