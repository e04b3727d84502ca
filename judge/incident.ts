import type { Baseline } from './baseline.ts';
import { type Course, floorOn, scaled } from './course.ts';
import { type Excursion, Excursions } from './excursions.ts';
import { type Alarm, OneSide, type Seen } from './incident-side.ts';
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
  readonly alarm: Alarm;
  /** Where it stands among the findings; undefined while it is not told: below the floor, or its like came back often. */
  readonly place: number | undefined;
  readonly samples: [number, number][];
  /** Half of what it was away when it began: what stays beyond is not over, though it may be within the noise of single samples. */
  readonly half: number;
  readonly calmSince: number;
}

/**
 * Finds incidents strictly in order of time, each sample judged by what was usual before it.
 *
 *   usual ──fast path: 3 in a row far off──▶ open ──4 calm samples──▶ usual (the finding has an `until`)
 *     └────slow path: e-SR over A──────────▶  └──────24 slots───────▶ usual at the new level (no `until`)
 *
 * What is as far away for as long as four before it within two weeks is usual and not told, until it is longer or farther.
 * What is said of a finding when it opens never changes; only `until` is added.
 */
export function judgeIncidents(course: Course, options: IncidentOptions): readonly Judgement[] {
  const watch = new IncidentWatch(course, options);
  for (let i = 0; i < course.times.length; i++) watch.take(i);
  return watch.found.filter(({ verdict }) => options.both || verdict === 'regressed');
}

class IncidentWatch {
  readonly found: Judgement[] = [];
  readonly #course: Course;
  readonly #values: Float64Array;
  readonly #options: IncidentOptions;
  readonly #recent: Recent;
  readonly #sides: Readonly<Record<1 | -1, OneSide>>;
  readonly #past = new Excursions();
  #open: Open | undefined;

  constructor(course: Course, options: IncidentOptions) {
    this.#course = course;
    this.#values = scaled(course);
    this.#options = options;
    this.#recent = new Recent(options.wall);
    this.#sides = { 1: new OneSide(1, options.alpha), [-1]: new OneSide(-1, options.alpha) };
  }

  take(i: number): void {
    const [time, value] = [this.#course.times[i]!, this.#values[i]!];
    const { baseline } = this.#recent;
    if (baseline === undefined) {
      this.#recent.add(time, value);
      return;
    }
    const seen = this.#see(i, baseline);
    const sides = this.#sides;
    const sign = ([1, -1] as const).find((one) => sides[one].take(seen) && this.#open?.sign !== one);
    if (sign !== undefined) this.#begin(sign, sides[sign].alarm!, seen);
    if (this.#open !== undefined) this.#follow(this.#open, seen);
    else if (this.#recent.add(time, value)) for (const side of [sides[1], sides[-1]]) side.learned();
  }

  #see(place: number, baseline: Baseline): Seen {
    const { scale, times } = this.#course;
    const floor = floorOn(scale, this.#options.floor, scale === 'log' ? 1 : baseline.centre);
    return {
      place,
      time: times[place]!,
      rest: this.#values[place]! - baseline.season.at(times[place]!),
      baseline,
      sigma: Math.max(this.#recent.sigma, floor / 3, 1e-12),
      widened: this.#recent.widened,
      floor,
    };
  }

  /** An alarm opens an incident, told or not. */
  #begin(sign: 1 | -1, alarm: Alarm, seen: Seen): void {
    const { away } = moved(this.#stretch(alarm, seen), seen.baseline);
    if (this.#open) this.#end(this.#open, seen, alarm.from);
    const samples: [number, number][] = [];
    for (let k = alarm.from; k < seen.place; k++) samples.push([this.#course.times[k]!, this.#values[k]!]);
    const open: Open = { sign, alarm, place: undefined, samples, half: Math.abs(away) / 2, calmSince: -1 };
    this.#open = this.#told(open, seen);
  }

  /** Values since an alarm without the daily pattern. */
  #stretch({ from }: Alarm, { place, baseline }: Seen): Float64Array {
    return this.#values
      .slice(from, place + 1)
      .map((value, k) => value - baseline.season.at(this.#course.times[from + k]!));
  }

  #follow(before: Open, seen: Seen): void {
    const { place: i, time, rest, baseline, sigma } = seen;
    before.samples.push([time, this.#values[i]!]);
    const away = before.sign * (rest - baseline.centre) >= Math.min(calm * sigma, before.half);
    const now = { ...before, calmSince: away ? -1 : before.calmSince < 0 ? i : before.calmSince };
    const open = away ? this.#told(now, seen) : now;
    this.#open = open;
    if (open.calmSince >= 0 && i - open.calmSince + 1 >= calmFor) {
      this.#end(open, seen, open.calmSince);
      this.#recent.pass(open.samples.slice(0, -calmFor));
      for (const [at, normal] of open.samples.slice(-calmFor)) this.#recent.add(at, normal);
    } else if (open.samples.length >= settled) {
      this.#past.add(this.#excursion(open, seen, Number.POSITIVE_INFINITY));
      this.#recent.anchor(open.samples);
    } else return;
    this.#open = undefined;
    for (const side of [this.#sides[1], this.#sides[-1]]) side.reset();
  }

  /** Tells what is open as soon as it is beyond the floor and not usual. */
  #told(open: Open, seen: Seen): Open {
    if (open.place !== undefined) return open;
    const now = this.#excursion(open, seen, seen.place - open.alarm.from + 1);
    if (now.away <= 0 || now.away < seen.floor || this.#past.usual(now, seen.baseline)) return open;
    const stretch = this.#stretch(open.alarm, seen);
    this.found.push(tell(this.#course, { stretch, alarm: open.alarm, seen, options: this.#options }));
    return { ...open, place: this.found.length - 1 };
  }

  #end(open: Open, seen: Seen, at: number): void {
    this.#past.add(this.#excursion(open, seen, at - open.alarm.from));
    if (open.place === undefined) return;
    this.found[open.place] = { ...this.found[open.place]!, until: this.#course.times[at]! };
  }

  #excursion({ sign, alarm: { from } }: Open, { baseline, place }: Seen, length: number): Excursion {
    const end = Math.min(from + length, place + 1);
    const times = this.#course.times.slice(from, end);
    const known = times.map((time) => baseline.season.at(time));
    const middle = median(this.#values.slice(from, end).map((value, k) => value - known[k]!));
    return { sign, away: sign * (middle - baseline.centre), length, place, times, known };
  }
}

interface Told {
  readonly stretch: Float64Array;
  readonly alarm: Alarm;
  readonly seen: Seen;
  readonly options: IncidentOptions;
}

/** How far the middle of a stretch is from what was usual and half of its 95 % interval. */
function moved(stretch: Float64Array, { centre, rho, square, daySquare, rest }: Baseline) {
  const inflation = (1 + rho) / (1 - rho);
  const error = Math.sqrt(square * inflation * (1 / stretch.length + 1 / rest.length) + daySquare);
  const middle = median(stretch);
  return { middle, away: middle - centre, half: 1.96 * 1.25 * error, inflation };
}

function tell(course: Course, { stretch, alarm, seen, options }: Told): Judgement {
  const { baseline } = seen;
  const n = stretch.length;
  const { middle, away, half, inflation } = moved(stretch, baseline);
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
