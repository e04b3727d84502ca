import { failureEvidence } from './evidence.ts';
import type { Answer, Judgement } from './judgement.ts';
import { type Count, fisher, rateAtMost, rateDifference } from './outcome.ts';
import type { Pair, Try } from './pair.ts';

export interface Rates {
  readonly old: Count;
  readonly fresh: Count;
  /** One-sided mid-p, after the design effect of batches; at a later look 1/E against the upper 95 % bound of the old rate. */
  readonly worse: number;
  readonly better: number;
  /** The least p that these many tries could give. */
  readonly least: number;
  readonly design: number;
}

/** How strong it is: a p-value, at a later look an e-value. */
export function weight(p: number, { rule }: Judgement['family']): Pick<Judgement, 'p' | 'e'> {
  return rule === 'e-BH' ? { p: null, e: 1 / p } : { p, e: null };
}

/** What multiplicity said about one hypothesis. */
export interface Hit {
  readonly worse: boolean;
  readonly better: boolean;
  readonly confirmed: boolean;
  readonly family: Judgement['family'];
}

/** Compares failure rates; undefined where a side was never tried. Failures that come in batches count less: both sides are divided by the design effect. */
export function failureRates(before: readonly Try[], after: readonly Try[], again = false): Rates | undefined {
  if (before.length === 0 || after.length === 0) return undefined;
  const old = countOf(before);
  const fresh = countOf(after);
  const rho = likeness(before);
  const [design, own] = [designEffect(before, rho), designEffect(after, rho)];
  const [a, b] = [less(old, design), less(fresh, own)];
  const known = { old, fresh, design: Math.max(design, own) };
  if (again) {
    const usual = rateAtMost(a);
    const against = (failures: number) => Math.min(1, Math.exp(-failureEvidence(failures, b.tries, usual)));
    return { ...known, worse: against(b.failures), better: 1, least: against(b.tries) };
  }
  const most = { failures: b.tries, tries: b.tries };
  return { ...known, worse: fisher(a, b).mid, better: fisher(b, a).mid, least: fisher(a, most).mid };
}

const less = ({ failures, tries }: Count, design: number): Count => ({
  failures: Math.floor(failures / design),
  tries: Math.max(1, Math.round(tries / design)),
});

function countOf(tries: readonly Try[]): Count {
  return { tries: tries.length, failures: tries.filter((one) => one.failed).length };
}

/** 1 + (k − 1)·ρ, k the size of the batch that a try is in (Kish 1965): by so much less do tries count that share their luck. */
export function designEffect(tries: readonly Try[], rho = likeness(tries)): number {
  const sizes = [...Map.groupBy(tries, ({ batch }) => batch).values()].map((group) => group.length);
  const size = sizes.reduce((sum, one) => sum + one * one, 0) / Math.max(1, tries.length);
  return 1 + Math.max(0, size - 1) * rho;
}

/** ρ, how alike the tries of a batch are: 0 to 1, from the scatter of failure rates between batches (ANOVA estimator). */
function likeness(tries: readonly Try[]): number {
  const groups = new Map<string, { tries: number; failures: number }>();
  for (const { batch, failed } of tries) {
    const group = groups.get(batch) ?? { tries: 0, failures: 0 };
    group.tries += 1;
    group.failures += failed ? 1 : 0;
    groups.set(batch, group);
  }
  const count = groups.size;
  const all = countOf(tries);
  if (count < 3 || count === all.tries || all.failures === 0) return 0;
  const rate = all.failures / all.tries;
  let between = 0;
  let within = 0;
  let squares = 0;
  for (const group of groups.values()) {
    const own = group.failures / group.tries;
    between += group.tries * (own - rate) ** 2;
    within += group.tries * own * (1 - own);
    squares += group.tries ** 2;
  }
  const size = (all.tries - squares / all.tries) / (count - 1);
  const msb = between / (count - 1);
  const msw = within / (all.tries - count);
  const rho = msb + (size - 1) * msw > 0 ? (msb - msw) / (msb + (size - 1) * msw) : 0;
  return Math.max(0, Math.min(1, rho));
}

export function judgeFailures(pair: Pair, rates: Rates, hit: Hit): Judgement {
  const share = ({ failures, tries }: Count) => failures / tries;
  const before = share(rates.old);
  const after = share(rates.fresh);
  const [low, high] = rateDifference(rates.old, rates.fresh);
  const worse = hit.worse && after > before;
  const better = hit.better && after < before;
  const none = rates.old.failures === 0 && rates.fresh.failures === 0;
  const few = rates.least > hit.family.level / hit.family.size;
  const quiet: Answer = none ? 'unchanged' : few ? 'too-few' : 'undecided';
  const changed = worse || better;
  return {
    series: pair.series,
    kind: 'gate',
    verdict: worse ? 'regressed' : better ? 'improved' : quiet,
    confirmed: changed && hit.confirmed && (worse ? low > 0 : high < 0),
    at: changed ? pair.from : null,
    detected: changed ? pair.to : null,
    until: null,
    type: changed ? 'failures' : null,
    before: { n: rates.old.tries, median: before },
    after: { n: rates.fresh.tries, median: after },
    scale: 'linear',
    ratio: null,
    low,
    high,
    difference: after - before,
    ...weight(Math.min(rates.worse, rates.better), hit.family),
    family: hit.family,
    noise: { sigma: Math.sqrt(before * (1 - before)), tau: 0, inflation: rates.design },
    floor: 0,
    settle: null,
    notes: rates.design > 1.05 ? [`failures come in batches (design effect ${rates.design.toFixed(1)})`] : [],
  };
}

const order: readonly Answer[] = ['regressed', 'improved', 'undecided', 'unchanged', 'too-few'];

/** Of the opinions on values and on failures the worse one, with both nested. */
export function worseOf(values: Judgement, failures: Judgement): Judgement {
  const place = (one: Judgement) => order.indexOf(one.verdict) - (one.confirmed ? 0.5 : 0);
  const chosen = place(failures) < place(values) ? failures : values;
  return { ...chosen, details: { values, failures } };
}
