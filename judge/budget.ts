import { firstAfter } from './baseline.ts';
import { binomialTail } from './distribution.ts';
import { percent, plainVoice, type Voice } from './words.ts';

const hour = 3_600_000;

/** A promise about a step: of its tries at most the share `budget` misses the limit (target or within). */
export interface Promised {
  readonly series: string;
  /** Which limit, and its value in ms, for words. */
  readonly limit: 'target' | 'within';
  readonly ms: number;
  /** Share of tries that may miss it: .01 is 1 %. */
  readonly budget: number;
}

/** Tries in order of time. */
export interface Kept {
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  /** 1 where the limit was missed. */
  readonly missed: Uint8Array;
}

/** A window looked at, and what is to be done when too much falls into it. */
export interface Band {
  readonly name: 'page' | 'ticket';
  readonly ms: number;
}

export const bands: readonly Band[] = [
  { name: 'page', ms: 6 * hour },
  { name: 'ticket', ms: 72 * hour },
];

export interface BandState extends Promised {
  readonly band: Band;
  readonly tries: number;
  readonly missed: number;
  /** P(at least as many misses) if the promise were just kept. */
  readonly p: number;
  /** Fewest misses in this many tries that break the promise. */
  readonly least: number;
  readonly broken: boolean;
  /** Time of the first miss in the window while broken, else null. */
  readonly at: number | null;
}

const rare = 0.001;

/** Fewest misses k >= 2 among n tries with P(Bin(n, budget) >= k) < .001; n + 1 where no number of misses would be enough. */
export function leastMisses(n: number, budget: number): number {
  for (let k = 2; k <= n; k++) if (binomialTail(k, n, budget) < rare) return k;
  return n + 1;
}

/**
 * Whether a promise is broken now, over each band: exact binomial instead of burn rates, which are made for much traffic.
 * Nothing is learned, so nothing can be learned wrong; a broken promise and a regression are two separate facts.
 */
export function judgeBudget(promised: Promised, { times, missed }: Kept, now: number): readonly BandState[] {
  return bands.map((band) => {
    const from = firstAfter(times, now - band.ms);
    const to = firstAfter(times, now + 1);
    const part = missed.subarray(from, to);
    const misses = part.reduce((sum, one) => sum + one, 0);
    const least = leastMisses(part.length, promised.budget);
    const broken = misses >= least;
    return {
      ...promised,
      band,
      tries: part.length,
      missed: misses,
      p: binomialTail(misses, part.length, promised.budget),
      least,
      broken,
      at: broken ? times[from + part.indexOf(1)]! : null,
    };
  });
}

export interface ErrorBudget {
  readonly tries: number;
  readonly missed: number;
  /** Misses that the budget allows in this many tries. */
  readonly allowed: number;
  /** Share of the budget that is left; below 0 when overspent. */
  readonly left: number;
}

/** What is left of the error budget from `from` on, up to and with `now`. */
export function errorBudget(
  { budget }: Promised,
  { times, missed }: Kept,
  { from, now }: { readonly from: number; readonly now: number },
): ErrorBudget {
  const part = missed.subarray(firstAfter(times, from), firstAfter(times, now + 1));
  const misses = part.reduce((sum, one) => sum + one, 0);
  const allowed = budget * part.length;
  return {
    tries: part.length,
    missed: misses,
    allowed,
    left: allowed > 0 ? 1 - misses / allowed : misses > 0 ? -1 : 1,
  };
}

export function bandSentence(one: BandState, voice: Voice = plainVoice): string {
  const hours = one.band.ms / hour;
  const span = hours < 48 ? `${hours} hours` : `${hours / 24} days`;
  const limit = `its ${one.limit} of ${voice.value(one.ms)}`;
  const counts = `${one.missed} of ${one.tries} tries in the last ${span}, promised are at most ${percent(one.budget)} %`;
  if (one.broken && one.at !== null)
    return `“${one.series}” breaks its promise: it missed ${limit} in ${counts}; chance of this if the promise were kept: ${chance(one.p)}; first missed at ${voice.time(one.at)}`;
  if (one.least > one.tries) return `too few tries to tell whether “${one.series}” keeps ${limit}: missed in ${counts}`;
  return `“${one.series}” gives no proof against its promise: it missed ${limit} in ${counts}; ${one.least} would break it`;
}

/** Rounded to the weaker side. */
function chance(p: number): string {
  if (p < 1e-6) return 'under 1 in 1 million';
  const times = 1 / p;
  const size = 10 ** Math.floor(Math.log10(times));
  return `under 1 in ${Math.floor(times / size) * size}`;
}

export function budgetSentence({ series }: Promised, { tries, missed, allowed, left }: ErrorBudget): string {
  const spent = `${missed} missed of ${tries} tries, ${Number(allowed.toFixed(1))} allowed`;
  return left >= 0
    ? `“${series}” has ${percent(left)} % of its error budget left: ${spent}`
    : `“${series}” has overspent its error budget: ${spent}`;
}
