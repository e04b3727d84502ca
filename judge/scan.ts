import { saddleTail } from './rank-test.ts';

/** No segment is shorter: what is, is an incident's task. */
export const shortest = 5;

/** Ties make U scatter less. Below this the correction is not trusted: where most values are equal U is skewed, and z would be too great. */
const leastSlim = 0.95;

/** Something that can be asked for the best split of an interval. */
export interface Scan {
  readonly length: number;
  best(from: number, to: number): Split | undefined;
}

/** The best split of values[from..to): the first index of the right side, its z and whether the right side is greater. */
export interface Split {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly z: number;
  readonly up: boolean;
}

/** Seeded intervals [from, to) with decay 1/√2 (Kovács, Li, Bühlmann, Munk 2023), the whole first, without duplicates. */
export function seededIntervals(n: number): readonly (readonly [number, number])[] {
  const made: [number, number][] = [[0, n]];
  const seen = new Set([n]);
  for (let k = 1; ; k++) {
    const length = n * 2 ** (-k / 2);
    if (length < 2 * shortest) return made;
    const count = 2 * Math.ceil(2 ** (k / 2)) - 1;
    const step = count > 1 ? (n - length) / (count - 1) : 0;
    for (let i = 0; i < count; i++) {
      const from = Math.floor(i * step);
      const to = Math.min(n, Math.ceil(i * step + length));
      const key = from * (n + 1) + to;
      if (seen.has(key)) continue;
      seen.add(key);
      made.push([from, to]);
    }
  }
}

/** Scans splits of one series by rank; scratch space is kept between scans. */
export class RankScan implements Scan {
  readonly length: number;
  readonly #rank: Int32Array;
  readonly #kinds: number;
  readonly #count: Int32Array;
  readonly #mid: Float64Array;

  constructor(values: ArrayLike<number>) {
    const n = values.length;
    this.length = n;
    const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
    this.#rank = new Int32Array(n);
    let kind = 0;
    for (let k = 0; k < n; k++) {
      if (k > 0 && values[order[k]!] !== values[order[k - 1]!]) kind += 1;
      this.#rank[order[k]!] = kind;
    }
    this.#kinds = kind + 1;
    this.#count = new Int32Array(this.#kinds + 1);
    this.#mid = new Float64Array(n);
  }

  /**
   * The split of [from, to) with the greatest z of the Mann-Whitney statistic, at least `shortest` values a side; near the
   * ends, where the normal tail lies, z comes from the saddlepoint. Undefined when the interval is too short.
   */
  best(from: number, to: number): Split | undefined {
    const length = to - from;
    if (length < 2 * shortest) return undefined;
    const ties = this.#midranks(from, to);
    const slim = Math.max(leastSlim, Math.sqrt(Math.max(0, 1 - ties / (length * (length - 1) * (length + 1)))));
    let sum = 0;
    for (let i = 0; i < shortest - 1; i++) sum += this.#mid[i]!;
    let best = Number.NEGATIVE_INFINITY;
    let at = 0;
    let up = true;
    for (let m = shortest; m <= length - shortest; m++) {
      sum += this.#mid[m - 1]!;
      const n = length - m;
      const middle = (m * n) / 2;
      const away = m * n + (m * (m + 1)) / 2 - sum - middle;
      const size = Math.abs(away) / slim;
      let z = (size - 0.5) / Math.sqrt((m * n * (length + 1)) / 12);
      if (Math.min(m, n) <= 15 && z > 1.2 && z > best - 1.5) z = saddleTail(m, n, Math.min(middle + size, m * n)).z;
      if (z > best) {
        best = z;
        at = from + m;
        up = away > 0;
      }
    }
    return { from, to, at, z: best, up };
  }

  /** Local midranks into #mid; returns Σ(t³ − t) over ties. */
  #midranks(from: number, to: number): number {
    const length = to - from;
    return length * 6 > this.#kinds ? this.#byCounting(from, to) : this.#bySorting(from, to);
  }

  #byCounting(from: number, to: number): number {
    const count = this.#count.fill(0);
    const rank = this.#rank;
    for (let i = from; i < to; i++) count[rank[i]! + 1]! += 1;
    let ties = 0;
    for (let k = 1; k <= this.#kinds; k++) {
      const here = count[k]!;
      if (here > 1) ties += here * here * here - here;
      count[k] = count[k - 1]! + here;
    }
    for (let i = from; i < to; i++) this.#mid[i - from] = (count[rank[i]!]! + count[rank[i]! + 1]! + 1) / 2;
    return ties;
  }

  #bySorting(from: number, to: number): number {
    const length = to - from;
    const keys = new Float64Array(length);
    for (let i = 0; i < length; i++) keys[i] = this.#rank[from + i]! * length + i;
    keys.sort();
    let ties = 0;
    for (let low = 0; low < length; ) {
      const kind = Math.floor(keys[low]! / length);
      let high = low + 1;
      while (high < length && Math.floor(keys[high]! / length) === kind) high++;
      for (let k = low; k < high; k++) this.#mid[keys[k]! - kind * length] = (low + high + 1) / 2;
      const here = high - low;
      if (here > 1) ties += here * here * here - here;
      low = high;
    }
    return ties;
  }
}

/** T: the greatest z over all seeded intervals of a series. */
export function scanStatistic(values: ArrayLike<number>): number {
  const scanner = new RankScan(values);
  let top = Number.NEGATIVE_INFINITY;
  for (const [from, to] of seededIntervals(values.length)) top = Math.max(top, scanner.best(from, to)?.z ?? top);
  return top;
}
