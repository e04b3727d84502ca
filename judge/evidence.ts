import { logNormalBelow } from './distribution.ts';

/**
 * log e-value of a shift: mean difference `away` with variance `square` against 0, mixed over a half-normal prior of scale
 * `prior` towards greater values. `df` says how well `square` is known: infinite gives the Gauss e-process (E[E at any stop]
 * <= 1), finite the ratio of Student densities instead.
 */
export function shiftEvidence(
  away: number,
  square: number,
  { prior, df = 1e9 }: { readonly prior: number; readonly df?: number },
): number {
  const p2 = prior * prior;
  const wide = square + p2;
  const below = (away * p2) / Math.sqrt(square * p2 * wide);
  const kernel = (variance: number) => Math.log1p((away * away) / (df * variance));
  return (
    Math.LN2 +
    0.5 * Math.log(square / wide) +
    ((df + 1) / 2) * (kernel(square) - kernel(wide)) +
    (below < -8 ? -40 : logNormalBelow(below))
  );
}

const tilts = [0.8, 0.6, 0.4, 0.25];

/**
 * log of the rank e-value: Cox's partial likelihood under Lehmann alternatives, mixed over θ in both tails. Under exchange of
 * old and new values it is a martingale in the rank filtration. `old` and `fresh` are ascending; at a tie `lots` orders,
 * drawn once a value and kept.
 */
export function rankEvidence(old: ArrayLike<number>, fresh: ArrayLike<number>): number {
  const m = old.length;
  const n = fresh.length;
  const isNew = new Uint8Array(m + n);
  let i = 0;
  let j = 0;
  for (let k = 0; k < m + n; k++) {
    if (j >= n || (i < m && old[i]! <= fresh[j]!)) i++;
    else {
      isNew[k] = 1;
      j++;
    }
  }
  const logs: number[] = [];
  for (const theta of tilts) {
    logs.push(pass(isNew, m, n, { theta, from: 0, by: 1 }));
    logs.push(pass(isNew, m, n, { theta: 1 / theta, from: m + n - 1, by: -1 }));
  }
  return logMean(logs);
}

function pass(
  isNew: Uint8Array,
  m: number,
  rest: number,
  { theta, from, by }: { readonly theta: number; readonly from: number; readonly by: 1 | -1 },
): number {
  let a = m;
  let b = rest;
  let product = 1;
  let log = rest * Math.log(theta);
  for (let k = 0, at = from; k < isNew.length && b > 0; k++, at += by) {
    product *= (a + b) / (a + theta * b);
    if (isNew[at]) b -= 1;
    else a -= 1;
    if (product > 1e200 || product < 1e-200) {
      log += Math.log(product);
      product = 1;
    }
  }
  return log + Math.log(product);
}

/** log of the mean of exp(logs). */
export function logMean(logs: Iterable<number> & ArrayLike<number>): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const log of logs) top = Math.max(top, log);
  if (top === Number.NEGATIVE_INFINITY) return top;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - top);
  return top + Math.log(sum / logs.length);
}

/**
 * log e-value of `failures` in `tries` against a rate of at most `least`: a mixture over {2, 4, 8, 16}·least, each at most .9.
 */
export function failureEvidence(failures: number, tries: number, least: number): number {
  const p0 = Math.min(Math.max(least, 1e-9), 0.85);
  return logMean(
    [2, 4, 8, 16].map((times) => {
      const p = Math.max(Math.min(times * p0, 0.9), p0);
      return failures * Math.log(p / p0) + (tries - failures) * Math.log((1 - p) / (1 - p0));
    }),
  );
}
