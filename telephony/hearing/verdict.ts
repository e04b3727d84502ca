import { hop } from './features.ts';
import { correlation, findEitherWay, findRigid, type Rigid, type Summed } from './match.ts';
import type { Reference } from './reference.ts';
import { type ChangedRegion, type Warp, warp } from './warp.ts';

/** Scores (audio.md §2): a match; one only with a lead over the second; not worth a second look. */
export const sure = 0.88;
const likely = 0.85;
const worth = 0.75;
const hopeful = 0.6;
const lead = 0.06;

/** A prompt that was recognised, in frames of the heard patch. */
export interface Recognised {
  readonly reference: Reference;
  readonly score: number;
  readonly offset: number;
  readonly warp: Warp;
  /** The same prompt, and not all of its words. */
  readonly changed: readonly ChangedRegion[];
}

const frameMs = hop / 8;

export interface Candidate extends Rigid {
  readonly reference: Reference;
}

const judged = ({ reference, offset, score }: Candidate, heard: Summed): Recognised => {
  const followed = warp(reference.patch, heard, offset);
  return { reference, offset, score: Math.max(score, followed.score), warp: followed, changed: followed.changed };
};

/** The best of the candidates by its warped score, if it is good enough to be called by its name. */
export function decide(candidates: readonly Candidate[], heard: Summed): Recognised | undefined {
  const [best, second] = candidates
    .filter(({ score }) => score >= worth)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map((candidate) => judged(candidate, heard))
    .sort((a, b) => b.score - a.score);
  if (!best || best.score < likely) return undefined;
  return best.score >= sure || best.score - (second?.score ?? 0) >= lead ? best : undefined;
}

/** Shorter prompts share too much with others to say "this one, with another word in it". */
const leastForChange = 2000;
const leastPresent = 0.45;
const nearlyAll = 0.9;
/** Frames that other words may be longer; what another speed makes of a long prompt; what a path can tell. */
const play = 60;
const otherSpeed = 0.035;
const mostPlay = 127;
/** Frames: at 2 % of another speed 2 s are off by 40 ms, which is the most that still fits rigidly. */
const longestPart = 100;
const parts = 4;

/**
 * An expected prompt that is there in large parts: its wording was changed, or it was played at another speed. Follows
 * it with a play of ±1.2 s, since other words have another length, and of 3.5 % of a longer one.
 */
export function changedWording(expected: readonly Reference[], heard: Summed): Recognised | undefined {
  const [found] = expected
    .filter(({ ms }) => ms >= leastForChange)
    .flatMap((reference): Recognised[] => {
      const rigid = bestPart(reference, heard);
      if (!rigid) return [];
      const slack = Math.min(mostPlay, Math.max(play, Math.ceil(reference.patch.count * otherSpeed)));
      const followed = warp(reference.patch, heard, rigid.offset, { slack });
      if (followed.present < leastPresent) return [];
      return [{ reference, offset: rigid.offset, score: followed.score, warp: followed, changed: followed.changed }];
    })
    .sort((a, b) => b.warp.present - a.warp.present);
  if (!found) return undefined;
  return found.changed.length > 0 || (found.score >= likely && found.warp.coverage >= nearlyAll) ? found : undefined;
}

/** Where the best part of a reference lies: whole, it may fit nowhere once a word has another length. */
function bestPart({ patch }: Reference, heard: Summed): Rigid | undefined {
  const length = Math.min(Math.floor(patch.count / 3), longestPart);
  let best: Rigid | undefined;
  for (let n = 0; n < parts; n++) {
    const part = Math.floor((n * (patch.count - length)) / (parts - 1));
    for (let q = 0; q + length <= heard.count; q++) {
      const score = correlation(patch, heard, { r: part, q, length });
      if (score > (best?.score ?? worth)) best = { score, offset: q - part };
    }
  }
  return best;
}

/** Other known sounds at the same place: what was heard may be one of them rather than what was expected. */
export function rivalAt(found: Recognised, others: readonly Reference[], heard: Summed): Recognised | undefined {
  const between: [number, number] = [found.offset - 6, found.offset + 6];
  // Two takes of one prompt differ by less than the line does.
  const better = found.score + (found.score >= sure ? 0.02 : 0);
  const candidates = others
    .filter(({ name, text, patch }) => {
      const same = name === found.reference.name || (text !== undefined && text === found.reference.text);
      return !same && patch.count >= found.reference.patch.count * 0.65;
    })
    .map((reference): Candidate => {
      const { score, offset } = findRigid(reference.patch, heard, { between });
      const better = reference.half && score > hopeful ? findRigid(reference.half, heard, { between }).score : 0;
      return { reference, offset, score: Math.max(score, better) };
    })
    .filter(({ score }) => score > better);
  const rival = decide(candidates, heard);
  return rival && rival.score > better && rival.warp.coverage >= found.warp.coverage ? rival : undefined;
}

/** How well the whole of a reference fits from a frame on. */
export function scoreAt({ patch, half }: Reference, heard: Summed, offset: number): number {
  const at = { r: 0, q: offset, length: patch.count };
  const score = correlation(patch, heard, at);
  return half && score > hopeful ? Math.max(score, correlation(half, heard, at)) : score;
}

/** What a part of the heard sound was, of all that is known; judged with what lies around the part. */
export function nameOf(
  part: Summed,
  references: readonly Reference[],
  { heard, first }: { readonly heard: Summed; readonly first: number },
): Recognised | undefined {
  const candidates = references.map((reference): Candidate => {
    const { score, offset } = findEitherWay(reference.patch, part);
    const better = reference.half && score > hopeful ? findRigid(reference.half, part).score : 0;
    return { reference, score: Math.max(score, better), offset: offset + first };
  });
  return decide(candidates, heard);
}

/** Longer sounds that begin like this one and may not be over yet: where the last of them would end, in frames. */
export function mayGoOn(found: Recognised, others: readonly Reference[], heard: Summed): number | undefined {
  const length = found.reference.patch.count;
  const ends = others.flatMap(({ name, patch }) => {
    if (name === found.reference.name || patch.count < length + 15) return [];
    const best = Math.max(
      ...[-2, -1, 0, 1, 2].map((d) => {
        const q = found.offset + d;
        const fits = Math.min(patch.count, heard.count - q);
        return q < 0 || fits < length ? 0 : correlation(patch, heard, { r: 0, q, length: fits });
      }),
    );
    return best >= 0.9 ? [found.offset + patch.count] : [];
  });
  return ends.length === 0 ? undefined : Math.max(...ends);
}

export const framesToMs = (frames: number): number => frames * frameMs;
