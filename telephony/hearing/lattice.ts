import type { Summed } from './match.ts';
import type { Reference } from './reference.ts';

/** One part of a text, in the order of speaking. */
export type Part =
  /** One of these sounds. */
  | { readonly kind: 'fixed'; readonly names: readonly string[] }
  /** One or more of these, one after the other. */
  | { readonly kind: 'slot'; readonly names: readonly string[] }
  /** Up to five seconds of whatever. */
  | { readonly kind: 'any' };

/** A sound that lies somewhere; frames from the beginning of listening. */
export interface Arc {
  readonly reference: Reference;
  readonly from: number;
  readonly to: number;
  readonly score: number;
}

/** Parts that were heard so far, the last arc first. */
export interface Token {
  readonly part: number;
  readonly arc: Arc;
  readonly value: number;
  readonly before?: Token;
}

/** A frame of a match below this counts against it. */
const base = 0.62;
const gapCost = 0.3;
const overlap = 5;
const longestGap = 60;
/** Frames of speech between two pieces: more is a word that is neither. */
const mostUnknown = 9;
const any = { least: 8, most: 250, cost: 0.02 } as const;
const kept = 2500;
const quiet = 0.12;

/**
 * Finds the parts of a text in order among the sounds that were recognised: dynamic programming over arcs, as they
 * come. Speech between two of them that none explains counts against the path.
 */
export class Lattice {
  readonly #parts: readonly Part[];
  #tokens: Token[] = [];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** All paths so far. */
  get tokens(): readonly Token[] {
    return this.#tokens;
  }

  /** The best path that is whole. */
  get whole(): Token | undefined {
    const last = this.#parts.length - 1;
    const final = this.#parts[last]?.kind === 'any' ? last - 1 : last;
    return this.#best(({ part }) => part === final);
  }

  /** How far it came at most. */
  get furthest(): Token | undefined {
    const most = Math.max(-1, ...this.#tokens.map(({ part }) => part));
    return this.#best(({ part }) => part === most);
  }

  /** Arcs come in the order of their ends. `squares` of the heard patch tell speech from silence, `dropped` its first frame. */
  add(arc: Arc, heard: Summed & { readonly dropped: number }): void {
    const gain = (arc.to - arc.from) * (arc.score - base);
    for (const [n, part] of this.#parts.entries()) {
      if (part.kind === 'any' || !part.names.includes(arc.reference.name)) continue;
      const before = this.#before(n, arc, heard);
      if (before) this.#tokens.push({ part: n, arc, value: before.value + gain, before: before.token });
      else if (this.#mayBegin(n)) this.#tokens.push({ part: n, arc, value: gain });
    }
    this.#tokens = this.#tokens.filter(({ arc: { to } }) => arc.to - to < kept);
  }

  #mayBegin(n: number): boolean {
    return n === 0 || (n === 1 && this.#parts[0]?.kind === 'any');
  }

  #before(n: number, arc: Arc, heard: Summed & { readonly dropped: number }) {
    let best: { token: Token; value: number } | undefined;
    for (const token of this.#tokens) {
      const cost = this.#cost(token, n, { arc, heard });
      if (cost === undefined) continue;
      const value = token.value - cost;
      if (value > (best?.value ?? (this.#mayBegin(n) ? 0 : Number.NEGATIVE_INFINITY))) best = { token, value };
    }
    return best;
  }

  /** What it costs to go on from a token with an arc; undefined when it may not. */
  #cost(
    token: Token,
    n: number,
    { arc, heard }: { arc: Arc; heard: Summed & { readonly dropped: number } },
  ): number | undefined {
    const gap = arc.from - token.arc.to;
    if (gap < -overlap || arc.from <= token.arc.from) return undefined;
    const again = token.part === n && this.#parts[n]?.kind === 'slot';
    if (again || token.part === n - 1) {
      if (gap > longestGap) return undefined;
      if (gap < 0) return -gap * (arc.score - base);
      const speech = speechWithin(token.arc.to, arc.from, { arc, heard });
      return speech > mostUnknown ? undefined : speech * gapCost;
    }
    if (token.part !== n - 2 || this.#parts[n - 1]?.kind !== 'any') return undefined;
    return gap < any.least || gap > any.most ? undefined : gap * any.cost;
  }

  #best(fits: (token: Token) => boolean): Token | undefined {
    let best: Token | undefined;
    for (const token of this.#tokens) if (fits(token) && token.value > (best?.value ?? 0)) best = token;
    return best;
  }
}

/** Frames between two moments that are about as loud as an arc. */
function speechWithin(
  from: number,
  to: number,
  { arc, heard }: { arc: Arc; heard: Summed & { readonly dropped: number } },
): number {
  const at = (f: number) => heard.squares[Math.max(0, Math.min(heard.count, f - heard.dropped))]!;
  const loud = (quiet * (at(arc.to) - at(arc.from))) / (arc.to - arc.from);
  let frames = 0;
  // A window reaches over its neighbours: the frames next to a sound hold some of it.
  for (let f = from + 2; f < to - 2; f++) frames += at(f + 1) - at(f) > loud ? 1 : 0;
  return frames;
}

/** The arcs of a path, the first first, each with the part that it is of. */
export function pathOf(token: Token): readonly { readonly part: number; readonly arc: Arc }[] {
  const path: { part: number; arc: Arc }[] = [];
  for (let one: Token | undefined = token; one; one = one.before) path.unshift({ part: one.part, arc: one.arc });
  return path;
}
