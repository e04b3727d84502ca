import { seeded } from '../core/random.ts';
import { type Baseline, firstAfter, learn } from './baseline.ts';
import { type Course, floorOn, scaled } from './course.ts';
import { logMean, rankEvidence, shiftEvidence } from './evidence.ts';
import type { Judgement } from './judgement.ts';
import { median } from './order.ts';
import { type Interval, shift } from './shift.ts';
import type { MarkerOptions, Telling, Watch } from './watch.ts';
import { dayTemper, shifts, Whitened } from './whitened.ts';

/** Fewer baseline values than this cannot tell what is usual. */
const leastBaseline = 5;

/** Evidence is asked for far out in the tail, where what was learned is never quite right; set by simulation (bench/judge/t2.ts). */
const careful = { tightness: 0.78, temper: 0.85 };

/** Evidence that one series moved after a marker; samples arrive in order of time. */
export class LevelWatch implements Watch {
  readonly course: Course;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly start: number;
  readonly baseline: Baseline;
  readonly floor: number;
  /** log E towards greater (1) and smaller (−1) values. */
  readonly log = { up: Number.NEGATIVE_INFINITY, down: Number.NEGATIVE_INFINITY };
  readonly fresh: number[] = [];
  readonly #old: Float64Array;
  readonly #clipped: number;
  readonly #lots: () => number;
  readonly #whitened: Whitened;
  /** log likelihood ratios of every size of shift, towards greater and smaller values. */
  readonly #ratios = { up: shifts.map(() => 0), down: shifts.map(() => 0) };
  #sum = 0;
  #looked = 0;

  constructor(course: Course, { at, floor, wall }: MarkerOptions) {
    this.course = course;
    this.times = course.times;
    this.values = scaled(course);
    this.start = firstAfter(course.times, at);
    this.baseline = learn(course.times.subarray(0, this.start), this.values.subarray(0, this.start), wall);
    this.floor = floorOn(course.scale, floor, median(course.values.subarray(0, this.start)));
    this.#lots = seeded(this.start + 1);
    this.#old = this.baseline.rest.map((value) => this.#lot(value)).sort();
    this.#whitened = new Whitened(this.baseline, careful.tightness);
    const last = this.start - 1;
    if (last >= 0)
      this.#whitened.keep(course.times[last]!, this.values[last]! - this.baseline.season.at(course.times[last]!));
    const { rest } = this.baseline;
    this.#clipped = rest.reduce((sum, value) => sum + this.baseline.clip(value), 0) / Math.max(1, rest.length);
  }

  /** Orders ties by a lot drawn once a value. */
  #lot(value: number): number {
    return value + (this.#lots() - 0.5) * 1e-9 * (this.baseline.sigma || Math.abs(value) || 1);
  }

  /** Takes sample `i`; true when the evidence was weighed again (always up to 50 samples, then at each 2 % more). */
  arrive(i: number): boolean {
    const { times } = this.course;
    const rest = this.values[i]! - this.baseline.season.at(times[i]!);
    this.#sum += this.baseline.clip(rest);
    this.fresh.push(this.#lot(rest));
    for (const [side, sign] of [
      ['up', 1],
      ['down', -1],
    ] as const)
      this.#whitened.ratios(times[i]!, rest, sign, i === this.start).forEach((ratio, k) => {
        this.#ratios[side][k]! += ratio;
      });
    this.#whitened.keep(times[i]!, rest);
    const n = this.fresh.length;
    if (this.baseline.rest.length < leastBaseline || n < this.#looked * 1.02) return false;
    this.#looked = n > 50 ? n : 0;
    this.#weigh((times[i]! - times[this.start]!) / 86_400_000);
    return true;
  }

  #weigh(days: number): void {
    const { rest, rho, square, daySquare, sigma, days: oldDays } = this.baseline;
    const n = this.fresh.length;
    const m = rest.length;
    const inflation = (1 + rho) / (1 - rho);
    const away = this.#sum / n - this.#clipped;
    const hourly = Math.max(square, 1e-18) * inflation * (1 / n + 1 / m);
    const daily = daySquare * (1 / Math.max(1, days) + 1 / oldDays);
    const scatter = hourly + daily;
    const df = scatter ** 2 / ((hourly ** 2 * inflation) / m + daily ** 2 / Math.max(4, this.baseline.seasonDays - 1));
    const temper = 1 / (inflation * (1 + (daySquare * Math.min(n, 24)) / Math.max(square * inflation, 1e-18)));
    const gauss = shiftEvidence(Math.abs(away), scatter, { prior: sigma || 1e-9, df });
    const sorted = Float64Array.from(this.fresh).sort();
    const up = away > 0;
    const ranks = up ? rankEvidence(this.#old, sorted) : rankEvidence(mirrored(this.#old), mirrored(sorted));
    const slow = careful.temper * dayTemper(this.baseline);
    const steps = logMean(this.#ratios[up ? 'up' : 'down'].map((ratio) => slow * ratio));
    const log = logMean([temper * ranks, gauss, steps]);
    this.log.up = up ? log : Number.NEGATIVE_INFINITY;
    this.log.down = up ? Number.NEGATIVE_INFINITY : log;
  }

  /** How far the level moved, with an interval widened by autocorrelation and days. */
  moved(): Interval {
    const { rest, rho, square, daySquare } = this.baseline;
    const n = this.fresh.length;
    const ranks = shift(rest, this.fresh);
    const inflation = (1 + rho) / (1 - rho) + (square > 0 ? (daySquare * Math.min(n, 24)) / square : 0);
    const wider = Math.sqrt(inflation);
    const end = (value: number) => ranks.estimate + (value - ranks.estimate) * wider;
    return { estimate: ranks.estimate, low: end(ranks.low), high: end(ranks.high) };
  }

  flag(now: number, telling: Telling): Judgement | undefined {
    const interval = this.moved();
    if (Math.abs(interval.estimate) < this.floor || interval.estimate > 0 !== this.log.up > this.log.down)
      return undefined;
    const worse = interval.estimate > 0 === (this.course.better === 'lower');
    return {
      ...told(this, interval, telling),
      verdict: worse ? 'regressed' : 'improved',
      confirmed: true,
      at: this.times[this.start]!,
      detected: now,
      type: 'step',
    };
  }

  quiet(telling: Telling): Judgement {
    const few = this.start < leastBaseline || this.fresh.length === 0;
    const interval = few
      ? { estimate: Number.NaN, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
      : this.moved();
    const inside = interval.low >= -this.floor && interval.high <= this.floor;
    const verdict = few ? 'too-few' : inside ? 'unchanged' : reachable(this, telling) ? 'undecided' : 'too-few';
    return { ...told(this, interval, telling), verdict };
  }
}

function mirrored(sorted: Float64Array): Float64Array {
  return sorted.map((value) => -value).reverse();
}

/** Whether values, all new above all old, could have flagged with so few samples. */
function reachable({ baseline, fresh }: LevelWatch, { family, options }: Telling): boolean {
  const { rho, square, sigma, rest } = baseline;
  const inflation = (1 + rho) / (1 - rho);
  const scatter = Math.max(square, 1e-18) * inflation * (1 / fresh.length + 1 / rest.length);
  return (
    shiftEvidence(3 * sigma + (square === 0 ? 1 : 0), scatter, { prior: sigma || 1e-9 }) >=
    Math.log(Math.max(2 * (options.alone ?? 100), family / (options.level ?? 0.05)))
  );
}

function told(one: LevelWatch, interval: Interval, { options, family, count }: Telling): Judgement {
  const { course, baseline, start, fresh } = one;
  const log = course.scale === 'log';
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const shown = (value: number) => (Number.isFinite(value) ? (log ? Math.exp(value) : value) : null);
  const group = (from: number, to: number) => ({
    n: to - from,
    median: to > from ? median(course.values.subarray(from, to)) : null,
  });
  const inflation = (1 + baseline.rho) / (1 - baseline.rho);
  return {
    series: course.series,
    kind: 'marker',
    verdict: 'undecided',
    confirmed: false,
    at: null,
    detected: null,
    until: null,
    type: null,
    before: group(start - baseline.rest.length, start),
    after: group(start, start + fresh.length),
    scale: course.scale,
    ratio: log ? shown(interval.estimate) : null,
    low: shown(interval.low),
    high: shown(interval.high),
    difference: log ? null : finite(interval.estimate),
    p: null,
    e: Math.exp(Math.max(one.log.up, one.log.down)),
    family: { size: family, flagged: count, rule: 'e-BH', level: options.level ?? 0.05 },
    noise: { sigma: baseline.sigma, tau: Math.sqrt(baseline.daySquare), inflation },
    floor: log ? Math.expm1(one.floor) : one.floor,
    settle: null,
    notes: [
      ...(baseline.season.found ? ['daily pattern taken out'] : []),
      ...(inflation > 1.05 && start > 0 ? [`neighbouring samples are alike: variance ×${inflation.toFixed(1)}`] : []),
    ],
  };
}
