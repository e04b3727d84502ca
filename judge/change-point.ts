import { scanCritical } from './null.ts';
import { clip, median, spread } from './order.ts';
import { type Scan, type Split, seededIntervals, shortest } from './scan.ts';
import { type Blocks, wander } from './wander.ts';

export interface Segmentation {
  /** First index of each new level, ascending. */
  readonly changes: readonly number[];
  /** Variance inflation by autocorrelation that was allowed for. */
  readonly inflation: number;
}

export interface Looking {
  /** False-alarm rate of the series. */
  readonly alpha: number;
  /** What a change must at least be, on the scale of the values. */
  readonly floor: number;
  /** Largest inflation by neighbours that is allowed for; 1 for independent values. */
  readonly cap: number;
  readonly blocks?: Blocks;
}

/** Below this length autocorrelation cannot be told from change. */
const longEnough = 30;

/**
 * Splits a series at its changes of level: best split over seeded intervals while z/√V passes the null table, relocation,
 * pruning of what is weak or below the floor. V comes from residuals of a first, generous segmentation and is iterated.
 */
export function segment(values: Float64Array, scan: Scan, { alpha, floor, cap, blocks }: Looking): Segmentation {
  const n = values.length;
  if (n < 2 * shortest) return { changes: [], inflation: 1 };
  const intervals = seededIntervals(n)
    .map(([from, to]) => scan.best(from, to))
    .filter((split) => split !== undefined)
    .sort((a, b) => b.z - a.z);
  const find = (critical: number, inflation: number) =>
    prune(relocate(split(scan, intervals, critical * Math.sqrt(inflation)), scan), {
      values,
      scan,
      weak: 0.9 * critical * Math.sqrt(inflation),
      floor,
    });
  const critical = scanCritical(n, alpha);
  if (cap <= 1 || n < longEnough) return { changes: find(critical, 1), inflation: 1 };
  let changes = find(scanCritical(n, 0.05), 1);
  let inflation = 1;
  for (let round = 0; round < 3; round++) {
    const { square, inflation: near } = residualsOf(values, changes);
    const known = Math.min(cap, near);
    const wide = wander(values, square, blocks);
    const next = wide > 1.5 * known ? wide : known;
    changes = find(critical, next);
    if (Math.abs(next - inflation) < 0.01) break;
    inflation = next;
  }
  return { changes, inflation };
}

function split(scan: Scan, intervals: readonly Split[], needed: number): number[] {
  const found: number[] = [];
  const open: [number, number][] = [[0, scan.length]];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const [from, to] = part;
    const inside = intervals.find((one) => one.from >= from && one.to <= to);
    const own = from === 0 && to === scan.length ? undefined : scan.best(from, to);
    const best = own && own.z >= (inside?.z ?? 0) ? own : inside;
    if (best === undefined || best.z < needed) continue;
    found.push(best.at);
    open.push([from, best.at], [best.at, to]);
  }
  return found.sort((a, b) => a - b);
}

/** Moves each change to the best split between its neighbours; at most three rounds. */
function relocate(changes: readonly number[], scan: Scan): number[] {
  let now = [...changes];
  for (let round = 0; round < 3; round++) {
    const moved = now.map((at, i) => scan.best(now[i - 1] ?? 0, now[i + 1] ?? scan.length)?.at ?? at);
    const next = [...new Set(moved)].sort((a, b) => a - b);
    const still = next.length === now.length && next.every((at, i) => at === now[i]);
    now = next;
    if (still) break;
  }
  return now;
}

interface Pruning {
  readonly values: Float64Array;
  readonly scan: Scan;
  readonly weak: number;
  readonly floor: number;
}

/** Takes away the weakest change until none is weak or below the floor. */
function prune(changes: readonly number[], { values, scan, weak, floor }: Pruning): number[] {
  const now = [...changes];
  while (now.length > 0) {
    let weakest = -1;
    let least = Number.POSITIVE_INFINITY;
    now.forEach((at, i) => {
      const from = now[i - 1] ?? 0;
      const to = now[i + 1] ?? scan.length;
      const z = scan.best(from, to)?.z ?? 0;
      const size = Math.abs(median(values.subarray(at, to)) - median(values.subarray(from, at)));
      if ((z < weak || size < floor) && z < least) {
        least = z;
        weakest = i;
      }
    });
    if (weakest < 0) break;
    now.splice(weakest, 1);
  }
  return now;
}

/** Residuals about segment medians: their clipped variance, and V from their ρ, corrected for the number of segments and less half its standard error. */
function residualsOf(
  values: Float64Array,
  changes: readonly number[],
): { readonly square: number; readonly inflation: number } {
  const n = values.length;
  const residuals = new Float64Array(n);
  const bounds = [0, ...changes, n];
  for (let k = 0; k + 1 < bounds.length; k++) {
    const part = values.subarray(bounds[k]!, bounds[k + 1]!);
    const centre = median(part);
    for (let i = 0; i < part.length; i++) residuals[bounds[k]! + i] = part[i]! - centre;
  }
  const bound = 2.5 * spread(residuals, 0);
  let products = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    residuals[i] = clip(residuals[i]!, -bound, bound);
    squares += residuals[i]! ** 2;
    if (i > 0) products += residuals[i]! * residuals[i - 1]!;
  }
  if (squares === 0) return { square: 0, inflation: 1 };
  const segments = bounds.length - 1;
  const raw = (products / squares + segments / n) / Math.max(0.3, 1 - (3 * segments) / n);
  const rho = Math.max(0, Math.min(0.95, raw) - 0.5 / Math.sqrt(n));
  return { square: squares / n, inflation: (1 + rho) / (1 - rho) };
}
