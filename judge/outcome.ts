import { betaBelow, betaQuantile, logChoose, normalQuantile } from './distribution.ts';

export interface Count {
  readonly failures: number;
  readonly tries: number;
}

/** One-sided Fisher exact test that the new failure rate is greater; `mid` counts the observed table half (Lancaster 1961). */
export function fisher(old: Count, fresh: Count): { readonly p: number; readonly mid: number } {
  const all = old.tries + fresh.tries;
  const failed = old.failures + fresh.failures;
  const most = Math.min(failed, fresh.tries);
  const whole = logChoose(all, fresh.tries);
  let p = 0;
  let here = 0;
  for (let k = fresh.failures; k <= most; k++) {
    if (fresh.tries - k > all - failed) continue;
    const term = Math.exp(logChoose(failed, k) + logChoose(all - failed, fresh.tries - k) - whole);
    if (k === fresh.failures) here = term;
    p += term;
  }
  return { p: Math.min(1, p), mid: Math.min(1, p - here / 2) };
}

/** Wilson's interval of a rate. */
export function wilson({ failures, tries }: Count, level = 0.95): readonly [number, number] {
  const z = normalQuantile((1 - level) / 2);
  const rate = failures / tries;
  const middle = (rate + (z * z) / (2 * tries)) / (1 + (z * z) / tries);
  const half = (z * Math.sqrt((rate * (1 - rate)) / tries + (z * z) / (4 * tries * tries))) / (1 + (z * z) / tries);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Newcombe's interval (1998, method 10) of the difference new − old. */
export function rateDifference(old: Count, fresh: Count, level = 0.95): readonly [number, number] {
  const a = fresh.failures / fresh.tries;
  const b = old.failures / old.tries;
  const [al, ah] = wilson(fresh, level);
  const [bl, bh] = wilson(old, level);
  return [a - b - Math.hypot(a - al, bh - b), a - b + Math.hypot(ah - a, b - bl)];
}

/** One-sided upper bound of a rate (Clopper & Pearson 1934). */
export function rateAtMost({ failures, tries }: Count, level = 0.95): number {
  return failures >= tries ? 1 : betaQuantile(level, failures + 1, tries - failures);
}

/** Failure rate of a step, shrunk to its journey's: beta-binomial with a prior by the method of moments over steps. */
export function shrunkRates(counts: readonly Count[]): readonly number[] {
  const tries = counts.reduce((sum, count) => sum + count.tries, 0);
  const failures = counts.reduce((sum, count) => sum + count.failures, 0);
  const rate = failures / Math.max(1, tries);
  let excess = 0;
  let weight = 0;
  for (const count of counts) {
    if (count.tries < 2) continue;
    excess += count.tries * (count.failures / count.tries - rate) ** 2 - rate * (1 - rate);
    weight += count.tries - 1;
  }
  const between = weight > 0 ? Math.max(0, excess / weight) : 0;
  const strength = between > 0 ? (rate * (1 - rate)) / between - 1 : Number.POSITIVE_INFINITY;
  return counts.map(({ failures: f, tries: n }) =>
    strength === Number.POSITIVE_INFINITY ? rate : (f + Math.max(0, strength) * rate) / (n + Math.max(0, strength)),
  );
}

/** Chance that the new rate is greater, each with a beta posterior of `prior` (rate, strength); by quadrature of 400 points. */
export function chanceWorse(
  old: Count,
  fresh: Count,
  prior: { readonly rate: number; readonly strength: number },
): number {
  const a = prior.rate * prior.strength;
  const b = prior.strength - a;
  let chance = 0;
  for (let i = 0; i < 400; i++) {
    const x = betaQuantile((i + 0.5) / 400, old.failures + a, old.tries - old.failures + b);
    chance += 1 - betaBelow(x, fresh.failures + a, fresh.tries - fresh.failures + b);
  }
  return chance / 400;
}
