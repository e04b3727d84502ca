import { segment } from './change-point.ts';
import { type Course, floorOn, scaled } from './course.ts';
import { FailureScan } from './failure-scan.ts';
import type { Judgement, Shape } from './judgement.ts';
import { scanP } from './null.ts';
import { median, spread } from './order.ts';
import { rateDifference } from './outcome.ts';
import { RankScan, type Scan } from './scan.ts';
import { shift } from './shift.ts';
import { isTrend } from './trend.ts';

export interface HistoryOptions {
  /** False-alarm rate of the series; .01 is 1 %. */
  readonly alpha: number;
  /** Relative: .05 is 5 %. */
  readonly floor: number;
  /** Largest variance inflation allowed for; 8 where nothing else is said. */
  readonly cap?: number;
  /** First index of each batch, ascending; days where nothing is said. */
  readonly blocks?: readonly number[];
}

/** How many of the nearest values a side say how large a change was. */
const nearest = 150;
/** How long a series must be back at its old level for a change to count as gone. */
const settled = 12;

/** A change from one level to another, by index. */
interface Move {
  readonly from: number;
  readonly at: number;
  /** End of the new level. */
  readonly to: number;
  /** First index back at the old level. */
  readonly back?: number;
  readonly type: Shape;
}

/** Finds when a finished series changed level: one finding a change that is worse or better. */
export function judgeHistory(
  course: Course,
  { alpha, floor, cap = 8, blocks = [] }: HistoryOptions,
): readonly Judgement[] {
  const values = scaled(course);
  const scan = new RankScan(values);
  const least = floorOn(course.scale, floor, median(course.values));
  const { changes, inflation } = segment(values, scan, {
    alpha,
    floor: least,
    cap,
    blocks: blocks.length > 0 ? { starts: blocks, why: 'declared' } : { starts: daysOf(course.times), why: 'days' },
  });
  return moves(values, changes, least).map((move) => tell({ course, values, scan, inflation, alpha, floor }, move));
}

/** Where days (UTC) begin; empty where fewer than three values make one. */
function daysOf(times: Float64Array): readonly number[] {
  const day = (i: number) => Math.floor(times[i]! / 86_400_000);
  const starts = [...times.keys()].filter((i) => i === 0 || day(i) !== day(i - 1));
  return starts.length * 3 <= times.length ? starts : [];
}

interface Found {
  readonly course: Course;
  readonly values: Float64Array;
  readonly scan: Scan;
  readonly inflation: number;
  readonly alpha: number;
  readonly floor: number;
}

/** Names what happened: a way up and back is one move that went away, several steps along a line are a trend. */
function moves(values: Float64Array, changes: readonly number[], floor: number): readonly Move[] {
  const bounds = [0, ...changes, values.length];
  const level = (k: number) => values.subarray(bounds[k]!, bounds[k + 1]!);
  const found: Move[] = [];
  for (let k = 1; k < bounds.length - 1; k++) {
    const [from, at, to] = [bounds[k - 1]!, bounds[k]!, bounds[k + 1]!];
    const next = bounds[k + 2];
    const up = median(level(k)) > median(level(k - 1));
    if (next !== undefined && next - to >= settled && alike(level(k - 1), level(k + 1), floor)) {
      found.push({ from, at, to, back: to, type: 'went-away' });
      k += 1;
      continue;
    }
    let last = k;
    while (last + 1 < bounds.length - 1 && median(level(last + 1)) > median(level(last)) === up) last += 1;
    const end = bounds[last + 1]!;
    if (
      isTrend(
        values.subarray(from, end),
        bounds.slice(k, last + 1).map((bound) => bound - from),
      )
    ) {
      found.push({ from, at, to: end, type: 'trend' });
      k = last;
    } else found.push({ from, at, to, type: 'step' });
  }
  return found;
}

/** Whether two levels are the same within the floor and their noise. */
function alike(a: Float64Array, b: Float64Array, floor: number): boolean {
  const noise = Math.hypot(spread(a) / Math.sqrt(a.length), spread(b) / Math.sqrt(b.length));
  return Math.abs(median(a) - median(b)) <= Math.max(floor, 2.5 * noise);
}

function tell({ course, values, scan, inflation, alpha, floor }: Found, { from, at, to, back, type }: Move): Judgement {
  const low = Math.max(from, at - nearest);
  const high = Math.min(to, at + nearest);
  const ranks = shift(values.subarray(low, at), values.subarray(at, high));
  const wider = Math.sqrt(inflation);
  const log = course.scale === 'log';
  const shown = (value: number) => (Number.isFinite(value) ? (log ? Math.exp(value) : value) : null);
  const z = scan.best(from, to)?.z ?? 0;
  const worse = ranks.estimate > 0 === (course.better === 'lower');
  const size = (end: number) => ranks.estimate + (end - ranks.estimate) * wider;
  return {
    series: course.series,
    kind: 'history',
    verdict: worse ? 'regressed' : 'improved',
    confirmed: true,
    at: course.times[at]!,
    detected: course.times[values.length - 1]!,
    until: back === undefined ? null : course.times[back]!,
    type,
    before: { n: at - from, median: median(course.values.subarray(from, at)) },
    after: { n: to - at, median: median(course.values.subarray(at, to)) },
    scale: course.scale,
    ratio: log ? shown(ranks.estimate) : null,
    low: shown(size(ranks.low)),
    high: shown(size(ranks.high)),
    difference: log ? null : ranks.estimate,
    p: scanP(values.length, z / wider),
    e: null,
    family: { size: 1, flagged: 1, rule: 'alone', level: alpha },
    noise: { sigma: spread(values.subarray(low, at)), tau: 0, inflation },
    floor,
    settle: null,
    notes: inflation > 1.05 ? [`neighbouring samples are alike: variance ×${inflation.toFixed(1)}`] : [],
  };
}

/** The tries of one series in order of time. */
export interface Tries {
  readonly series: string;
  readonly times: Float64Array;
  /** 1 failed, 0 passed. */
  readonly failed: Uint8Array;
}

/** Finds when the share of failures changed. */
export function judgeFailureHistory({ series, times, failed }: Tries, { alpha }: HistoryOptions): readonly Judgement[] {
  const values = Float64Array.from(failed);
  const scan = new FailureScan(failed);
  const { changes } = segment(values, scan, { alpha, floor: 0, cap: 1 });
  const bounds = [0, ...changes, failed.length];
  const count = (k: number) => {
    const part = failed.subarray(bounds[k]!, bounds[k + 1]!);
    return { tries: part.length, failures: part.reduce((sum, one) => sum + one, 0) };
  };
  return changes.map((at, k): Judgement => {
    const [old, fresh] = [count(k), count(k + 1)];
    const [before, after] = [old.failures / old.tries, fresh.failures / fresh.tries];
    const [low, high] = rateDifference(old, fresh);
    return {
      series,
      kind: 'history',
      verdict: after > before ? 'regressed' : 'improved',
      confirmed: true,
      at: times[at]!,
      detected: times[failed.length - 1]!,
      until: null,
      type: 'failures',
      before: { n: old.tries, median: before },
      after: { n: fresh.tries, median: after },
      scale: 'linear',
      ratio: null,
      low,
      high,
      difference: after - before,
      p: scanP(failed.length, scan.best(bounds[k]!, bounds[k + 2]!)?.z ?? 0),
      e: null,
      family: { size: 1, flagged: 1, rule: 'alone', level: alpha },
      noise: { sigma: Math.sqrt(before * (1 - before)), tau: 0, inflation: 1 },
      floor: 0,
      settle: null,
      notes: [],
    };
  });
}
