import { logChoose } from './distribution.ts';
import type { Judgement } from './judgement.ts';
import { median, spread } from './order.ts';
import type { Pair } from './pair.ts';
import { percent, plainVoice, signed, type Voice } from './words.ts';

/** What all steps of a report have in common: the network, the runner, the place. */
export interface CommonMode {
  /** Whether everything moved, beyond the floor and three robust standard errors. */
  readonly moved: boolean;
  /** Typical after / before over steps. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly steps: number;
  /** How many of them moved the same way. */
  readonly along: number;
  /** Whether there are steps enough (ten) to judge each on what is left without it. */
  readonly subtract: boolean;
}

/** Looks for a common shift first: median over steps of the log ratio against its robust error. Steps without a ratio are left out. */
export function commonMode(judged: readonly Pick<Judgement, 'ratio'>[], floor: number): CommonMode {
  const shifts = judged.flatMap(({ ratio }) => (ratio === null ? [] : [Math.log(ratio)]));
  const steps = shifts.length;
  const centre = steps > 0 ? median(shifts) : 0;
  const error = steps > 1 ? (1.2533 * spread(shifts, centre)) / Math.sqrt(steps) : Number.POSITIVE_INFINITY;
  const moved = steps >= 3 && Math.abs(centre) > Math.log1p(floor) && Math.abs(centre) > 3 * error;
  const along = shifts.filter((shift) => Math.sign(shift) === Math.sign(centre)).length;
  const end = (side: 1 | -1) => Math.exp(centre + side * 1.96 * error);
  return { moved, ratio: Math.exp(centre), low: end(-1), high: end(1), steps, along, subtract: moved && steps >= 10 };
}

/** Pairs with the common shift taken from their candidates, to be judged again; on the log scale only. */
export function withoutCommon(pairs: readonly Pair[], { ratio, subtract }: CommonMode): readonly Pair[] {
  if (!subtract) return pairs;
  const note = `everything moved ${signed(ratio - 1, percent)} %: judged on what is left`;
  return pairs.map((pair) => {
    if (pair.scale !== 'log') return pair;
    const { candidate } = pair;
    const values = candidate.values.map((value) => value / ratio);
    return { ...pair, candidate: { ...candidate, values }, notes: [...(pair.notes ?? []), note] };
  });
}

export function commonSentence(one: CommonMode): string {
  const { ratio, low, high, steps, along } = one;
  const range = `95 % CI ${signed(low - 1, percent)} to ${signed(high - 1, percent)} %`;
  const size = `${signed(ratio - 1, percent)} % (${range}), ${along} of ${steps} steps the same way`;
  return one.moved
    ? `everything got ${ratio > 1 ? 'slower' : 'faster'}, ${size}: look at the network, the runner or the place first`
    : `no common move of all steps: ${size}`;
}

/** A step, the layers it belongs to, and whether it was flagged. */
export interface Moved {
  readonly step: string;
  readonly layers: readonly string[];
  readonly verdict: Judgement['verdict'];
}

/** How much more often a layer's steps got worse than others. */
export interface LayerShare {
  readonly layer: string;
  readonly steps: number;
  readonly worse: number;
  /** Steps and worse ones outside of it. */
  readonly others: number;
  readonly othersWorse: number;
  /** P(at least as many worse ones by chance), hypergeometric. */
  readonly p: number;
  /** Adjusted over layers (Benjamini & Hochberg 1995). */
  readonly adjusted: number;
  /** Worth naming: adjusted below .05 and at least 60 % of its steps worse. */
  readonly named: boolean;
}

/** Layers by how much they are enriched among steps that got worse, the most telling first. */
export function layerEnrichment(moved: readonly Moved[]): readonly LayerShare[] {
  const worse = moved.filter(({ verdict }) => verdict === 'regressed').length;
  const layers = [...new Set(moved.flatMap(({ layers: own }) => own))].sort();
  const shares = layers.map((layer) => {
    const inside = moved.filter(({ layers: own }) => own.includes(layer));
    const hits = inside.filter(({ verdict }) => verdict === 'regressed').length;
    const p = hypergeometricTail(hits, { all: moved.length, marked: worse, drawn: inside.length });
    const rest = { others: moved.length - inside.length, othersWorse: worse - hits };
    return { layer, steps: inside.length, worse: hits, ...rest, p };
  });
  const sorted = [...shares].sort((a, b) => a.p - b.p || b.worse - a.worse);
  let least = 1;
  const adjusted = new Map<string, number>();
  for (let k = sorted.length - 1; k >= 0; k--) {
    least = Math.min(least, (sorted[k]!.p * sorted.length) / (k + 1));
    adjusted.set(sorted[k]!.layer, least);
  }
  return sorted.map((share) => {
    const q = adjusted.get(share.layer)!;
    return { ...share, adjusted: q, named: q < 0.05 && share.worse >= 0.6 * share.steps };
  });
}

/** P(X >= k) of a hypergeometric X: `drawn` from `all`, of which `marked`. */
export function hypergeometricTail(
  k: number,
  { all, marked, drawn }: { readonly all: number; readonly marked: number; readonly drawn: number },
): number {
  const whole = logChoose(all, drawn);
  let p = 0;
  for (let x = Math.max(k, drawn + marked - all, 0); x <= Math.min(marked, drawn); x++)
    p += Math.exp(logChoose(marked, x) + logChoose(all - marked, drawn - x) - whole);
  return Math.min(1, p);
}

export function layerSentence({ layer, steps, worse, others, othersWorse, named }: LayerShare): string {
  const seen = `seen in ${worse} of ${steps} steps of layer “${layer}”`;
  if (others === 0) return `${seen}; there is no other layer to compare with`;
  const rest = othersWorse === 0 ? 'nothing else got worse' : `${othersWorse} of ${others} others got worse too`;
  return named ? `${seen}; ${rest}` : `${seen}; ${rest}; not more than chance would give`;
}

/** How much of a journey's slow-down lies in one of its steps. */
export interface ParentShare {
  readonly step: string;
  readonly journey: string;
  /** After − before of the medians, in the unit of the values. */
  readonly own: number;
  readonly whole: number;
  /** The step's part of the whole; above 1 where others got faster; null where the journey did not move the same way. */
  readonly share: number | null;
}

type Ends = Pick<Judgement, 'series' | 'before' | 'after'>;

/** Compares what a step moved with what its journey moved. */
export function parentShare(step: Ends, journey: Ends): ParentShare {
  const moved = ({ before, after }: Ends) => (after.median ?? Number.NaN) - (before.median ?? Number.NaN);
  const [own, whole] = [moved(step), moved(journey)];
  const share = own * whole > 0 ? own / whole : null;
  return { step: step.series, journey: journey.series, own, whole, share };
}

export function shareSentence({ step, journey, own, whole, share }: ParentShare, voice: Voice = plainVoice): string {
  const slower = whole > 0 ? 'slow-down' : 'speed-up';
  const text = `${signed(own, voice.value)} of ${signed(whole, voice.value)}`;
  if (share === null)
    return `“${step}” does not explain what “${journey}” did: ${signed(own, voice.value)} against ${signed(whole, voice.value)}`;
  if (share > 1) return `the ${slower} of “${journey}” is all in “${step}” (${text})`;
  return `${percent(share)} % of the ${slower} of “${journey}” is in “${step}” (${text})`;
}
