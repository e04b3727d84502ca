import { normalQuantile } from './distribution.ts';
import { ascending } from './order.ts';
import { exactTail } from './rank-test.ts';

/** An estimate and its 95 % interval; `low`, `high` are infinite where too few values bound them. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Where an interval ends: at the order statistics that cover the level at least, or between two of them so that it covers the level itself
 * (Hettmansperger & Sheather 1986): from few values the former covers much more.
 */
export type Ends = 'atLeast' | 'between';

/**
 * Hodges-Lehmann shift: median of all differences new − old, with the interval that inverts the Mann-Whitney test
 * (Hodges & Lehmann 1963; Lehmann, Nonparametrics, 2.6).
 */
export function shift(
  old: ArrayLike<number>,
  fresh: ArrayLike<number>,
  level = 0.95,
  ends: Ends = 'atLeast',
): Interval {
  const m = old.length;
  const n = fresh.length;
  if (m === 0 || n === 0)
    return { estimate: Number.NaN, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const differences = m * n <= 4096 ? sortedDifferences(old, fresh) : lazyDifferences(old, fresh);
  const count = m * n;
  const estimate = (differences(Math.floor((count - 1) / 2)) + differences(Math.floor(count / 2))) / 2;
  const { cut, on } = cutOf(m, n, (1 - level) / 2);
  if (cut === 0) return { estimate, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const between = (place: number, next: number) =>
    ends === 'atLeast' ? differences(place) : differences(place) + on * (differences(next) - differences(place));
  return { estimate, low: between(cut - 1, cut), high: between(count - cut, count - cut - 1) };
}

/** Largest c with P(U <= c − 1) <= a, 0 when there is none, and how far `a` lies on the way to P(U <= c). */
function cutOf(m: number, n: number, a: number): { readonly cut: number; readonly on: number } {
  if (m * n <= 20_000 && Math.min(m, n) <= 60) {
    const tail = exactTail(m, n);
    let c = 0;
    while (c < m * n && tail[m * n - c]! <= a) c++;
    const short = c === 0 ? 0 : tail[m * n - c + 1]!;
    return { cut: c, on: (a - short) / (tail[m * n - c]! - short) };
  }
  const place = Math.max(0, (m * n) / 2 - normalQuantile(a) * Math.sqrt((m * n * (m + n + 1)) / 12));
  return { cut: Math.floor(place), on: place - Math.floor(place) };
}

type Ordered = (place: number) => number;

function sortedDifferences(old: ArrayLike<number>, fresh: ArrayLike<number>): Ordered {
  const all = new Float64Array(old.length * fresh.length);
  let k = 0;
  for (let i = 0; i < old.length; i++) for (let j = 0; j < fresh.length; j++) all[k++] = fresh[j]! - old[i]!;
  all.sort();
  return (place) => all[place]!;
}

/** The k-th difference without making all of them: bisection on the value, counting by two pointers. */
function lazyDifferences(old: ArrayLike<number>, fresh: ArrayLike<number>): Ordered {
  const x = ascending(old);
  const y = ascending(fresh);
  const upTo = (value: number) => {
    let count = 0;
    let i = 0;
    for (const b of y) {
      while (i < x.length && b - x[i]! > value) i++;
      count += x.length - i;
    }
    return count;
  };
  return (place) => {
    let low = y[0]! - x[x.length - 1]!;
    let high = y[y.length - 1]! - x[0]!;
    if (upTo(low) > place) return low;
    const grain = Math.max(Math.abs(low), Math.abs(high)) * 1e-14;
    while (high - low > grain) {
      const mid = (low + high) / 2;
      if (upTo(mid) > place) high = mid;
      else low = mid;
    }
    return high;
  };
}
