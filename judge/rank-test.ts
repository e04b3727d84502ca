import { logChoose, normalDensity, normalTail } from './distribution.ts';
import { ascending } from './order.ts';

export interface RankTest {
  /** Pairs (new, old) in which the new one is greater; a tie counts half. */
  readonly u: number;
  /** One-sided: P(U >= u) when nothing changed. */
  readonly p: number;
  readonly exact: boolean;
}

/**
 * Mann-Whitney, one-sided towards greater new values (Mann & Whitney 1947). Exact without ties for m·n <= 20,000; exact with
 * ties by the shift algorithm (Streitberg & Röhmel 1986) while small; else normal with tie and continuity correction.
 */
export function mannWhitney(old: ArrayLike<number>, fresh: ArrayLike<number>): RankTest {
  const m = old.length;
  const n = fresh.length;
  if (m === 0 || n === 0) return { u: 0, p: 1, exact: true };
  const { doubled, ties } = midranks(old, fresh);
  let sum = 0;
  for (let i = m; i < m + n; i++) sum += doubled[i]!;
  const u = sum / 2 - (n * (n + 1)) / 2;
  if (ties === 0 && m * n <= 20_000 && Math.min(m, n) <= 60) return { u, p: exactTail(m, n)[u]!, exact: true };
  if (ties > 0) {
    const p = shiftTail(doubled, m, n);
    if (p !== undefined) return { u, p, exact: true };
  }
  const size = m + n;
  const scale = Math.sqrt(((m * n) / 12) * (size + 1 - ties / (size * (size - 1))));
  return { u, p: scale === 0 ? 1 : normalTail((u - (m * n) / 2 - 0.5) / scale), exact: false };
}

/** Smallest one-sided p that m old and n new values can give. */
export function smallestP(m: number, n: number): number {
  return Math.exp(-logChoose(m + n, n));
}

/** Twice the midrank of every value, old ones first, and Σ(t³ − t) over ties. */
function midranks(old: ArrayLike<number>, fresh: ArrayLike<number>): { doubled: Float64Array; ties: number } {
  const m = old.length;
  const size = m + fresh.length;
  const at = (i: number) => (i < m ? old[i]! : fresh[i - m]!);
  const order = Uint32Array.from({ length: size }, (_, i) => i).sort((a, b) => at(a) - at(b));
  const doubled = new Float64Array(size);
  let ties = 0;
  for (let from = 0; from < size; ) {
    let to = from + 1;
    while (to < size && at(order[to]!) === at(order[from]!)) to++;
    for (let i = from; i < to; i++) doubled[order[i]!] = from + to + 1;
    const t = to - from;
    ties += t ** 3 - t;
    from = to;
  }
  return { doubled, ties };
}

/** P(U >= u) for u = 0..mn, from the Gaussian binomial; the lower half is built, the upper mirrored, so that no rounding of large counts reaches small ones. */
export function exactTail(m: number, n: number): Float64Array {
  const short = Math.min(m, n);
  const long = Math.max(m, n);
  const half = Math.floor((m * n) / 2);
  const count = new Float64Array(half + 1);
  count[0] = 1;
  for (let i = 1; i <= short; i++) {
    for (let u = half; u >= long + i; u--) count[u]! -= count[u - long - i]!;
    for (let u = i; u <= half; u++) count[u]! += count[u - i]!;
  }
  const tail = new Float64Array(m * n + 1);
  const all = Math.exp(logChoose(m + n, n));
  let below = 0;
  for (let u = 0; u <= m * n; u++) {
    const mirrored = m * n - u;
    if (mirrored <= half) break;
    tail[u] = 1 - below / all;
    below += count[u]!;
  }
  let above = 0;
  for (let u = 0; u <= half; u++) {
    above += count[u]!;
    tail[m * n - u] = above / all;
  }
  return tail;
}

/** Exact tail with ties: subsets of the doubled midranks by their sum. Undefined when that would be too much work. */
function shiftTail(doubled: Float64Array, m: number, n: number): number | undefined {
  const few = Math.min(m, n);
  const fewAreNew = n <= m;
  const ascendingRanks = ascending(doubled);
  let highest = 0;
  for (let i = 0; i < few; i++) highest += ascendingRanks[m + n - 1 - i]!;
  if ((m + n) * few * highest > 3e6) return undefined;
  let observed = 0;
  for (let i = fewAreNew ? m : 0; i < (fewAreNew ? m + n : m); i++) observed += doubled[i]!;
  const ways = Array.from({ length: few + 1 }, () => new Float64Array(highest + 1));
  ways[0]![0] = 1;
  for (let i = 0; i < m + n; i++) {
    const rank = doubled[i]!;
    for (let k = Math.min(i + 1, few); k >= 1; k--) {
      const from = ways[k - 1]!;
      const to = ways[k]!;
      for (let s = highest; s >= rank; s--) to[s]! += from[s - rank]!;
    }
  }
  let extreme = 0;
  let all = 0;
  const last = ways[few]!;
  for (let s = 0; s <= highest; s++) {
    all += last[s]!;
    if (fewAreNew ? s >= observed : s <= observed) extreme += last[s]!;
  }
  return extreme / all;
}

/**
 * Upper tail of U by the saddlepoint (Lugannani & Rice 1980, lattice form): holds where a short side stands against a long
 * one and the normal tail lies. `z` is the signed root r* (Barndorff-Nielsen 1986) of the same expansion.
 */
export function saddleTail(m: number, n: number, u: number): { readonly p: number; readonly z: number } {
  const k = Math.min(m, n);
  const long = Math.max(m, n);
  const least = Math.exp(-logChoose(m + n, k));
  const point = u - 0.5;
  if (point >= m * n - 0.75) return { p: least, z: extremeZ(least) };
  const centre = (m * n) / 2;
  let t = (point - centre) / ((m * n * (m + n + 1)) / 12);
  if (t <= 0) return { p: 0.5, z: 0 };
  let sums = cumulants(k, long, t);
  for (let step = 0; step < 30; step++) {
    const next = t + (point - sums.first) / sums.second;
    const bounded = next <= 0 ? t / 2 : Math.min(next, 4 * t);
    const settled = Math.abs(bounded - t) < 1e-7 * t;
    t = bounded;
    sums = cumulants(k, long, t);
    if (settled) break;
  }
  const omega = Math.sqrt(Math.max(0, 2 * (t * point - sums.value)));
  const upsilon = 2 * Math.sinh(t / 2) * Math.sqrt(sums.second);
  if (omega < 1e-6) return { p: 0.5, z: 0 };
  const p = normalTail(omega) + normalDensity(omega) * (1 / upsilon - 1 / omega);
  const z = omega + Math.log(upsilon / omega) / omega;
  const surelyWithin = (normalDensity(z) * z) / (1 + z * z) >= least;
  return { p: Math.max(p, least), z: surelyWithin ? z : Math.min(z, extremeZ(least)) };
}

/** Upper normal quantile of a small p, also where p underflows (asymptotic, two terms). */
export function extremeZ(p: number): number {
  const l = -2 * Math.log(p);
  let z = Math.sqrt(Math.max(1e-9, l - Math.log(2 * Math.PI * Math.max(l, 1))));
  for (let step = 0; step < 4 && z > 0.5; step++) {
    const tail = normalTail(z);
    if (tail === 0) break;
    z += (Math.log(tail) - Math.log(p)) * (tail / normalDensity(z));
  }
  return z;
}

/** K, K′ and K″ of U's cumulant generating function at t. */
function cumulants(k: number, long: number, t: number): { value: number; first: number; second: number } {
  let value = 0;
  let first = 0;
  let second = 0;
  const one = Math.exp(t);
  const whole = Math.exp(long * t);
  let step = 1;
  for (let j = 1; j <= k; j++) {
    step *= one;
    for (const sign of [1, -1]) {
      const a = sign > 0 ? long + j : j;
      const y = a * t;
      if (y > 30) {
        value += sign * (y - Math.log(y));
        first += sign * (a - 1 / t);
        second += sign / (t * t);
      } else if (y < 1e-3) {
        value += sign * (y / 2 + (y * y) / 24);
        first += sign * (a / 2 + (a * a * t) / 12);
        second += sign * ((a * a) / 12);
      } else {
        const e = sign > 0 ? whole * step : step;
        value += sign * Math.log((e - 1) / y);
        first += sign * ((a * e) / (e - 1) - 1 / t);
        second += sign * (1 / (t * t) - (a * a * e) / ((e - 1) * (e - 1)));
      }
    }
  }
  return { value, first, second };
}
