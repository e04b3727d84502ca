import type { HeardChunk } from '../media/tap.ts';
import { frameLength, hop, type Passband } from './features.ts';
import { HeardPatch } from './heard-patch.ts';
import { type Rigid, slice } from './match.ts';
import { Line, seenThrough } from './passband.ts';
import type { Reference } from './reference.ts';
import { Utterances } from './utterance.ts';
import {
  type Candidate,
  changedWording,
  decide,
  framesToMs,
  mayGoOn,
  nameOf,
  type Recognised,
  rivalAt,
  scoreAt,
  sure,
} from './verdict.ts';
import type { ChangedRegion } from './warp.ts';

/** What was recognised; epoch ms. */
export interface HeardPrompt {
  readonly kind: 'prompt';
  readonly name: string;
  readonly text?: string;
  /** 0-1 */
  readonly score: number;
  readonly onset: number;
  readonly end: number;
  readonly knownAt: number;
  /** Not empty: the prompt, with other words there; ms from its start. */
  readonly changed: readonly ChangedRegion[];
  /** Audio that was inserted (+) or lost (−), at ms from its start. */
  readonly jumps: readonly { readonly at: number; readonly ms: number }[];
}

/** Something else was said: a known prompt, or speech that no reference knows. */
export interface HeardOther {
  readonly kind: 'other';
  readonly name?: string;
  readonly text?: string;
  readonly score?: number;
  readonly onset: number;
  readonly end: number;
  readonly knownAt: number;
}

interface Peak extends Rigid {
  readonly reference: Reference;
}

/** Waits for the rest; in frames from the beginning of listening. */
interface Pending {
  readonly candidate: Candidate;
  readonly until: number;
}

/** Pause that ends an utterance: inside one recording none is longer (audio.md 1.3). */
const pause = 500;
const settle = 6;
const worth = 0.75;
const margin = 100;

/** Frames of what was heard that it accounts for. */
const explained = ({ reference, warp }: Recognised): number => reference.patch.count * warp.present;

/**
 * Listens for expected prompts while they play: each frame ends one more place where a prompt may have lain. What was
 * an utterance and none of them is named from all that is known.
 */
export class PromptListener {
  #expected: readonly Reference[];
  #others: readonly Reference[];
  readonly #line: Line;
  /** Frames of the longest that is expected. */
  readonly #longest: number;
  readonly #heard: HeardPatch;
  readonly #utterances = new Utterances(pause);
  readonly #peaks = new Map<Reference, Peak>();
  readonly #other: HeardOther[] = [];
  #pending: Pending | undefined;
  #seen = 0;
  /** Epoch ms of sample 0 of all that was pushed. */
  #zero = 0;
  #samples = 0;
  readonly #holes: (readonly [from: number, to: number])[] = [];

  constructor(expected: readonly Reference[], known: readonly Reference[]) {
    this.#expected = expected;
    this.#others = known.filter(({ name }) => !expected.some((one) => one.name === name));
    this.#line = new Line([...this.#expected, ...this.#others]);
    this.#longest = Math.max(0, ...expected.map(({ patch }) => patch.count));
    const longest = Math.max(0, ...[...expected, ...known].map(({ patch }) => patch.count));
    this.#heard = new HeardPatch(Math.max(longest + 100, 1500));
  }

  /** Utterances that were something else. */
  get others(): readonly HeardOther[] {
    return this.#other;
  }
  /** Bands that the line carries, where it lacks some; known from the first utterance on that was nothing known. */
  get passband(): Passband | undefined {
    return this.#line.carries;
  }
  get speaking(): boolean {
    return this.#utterances.speaking !== undefined;
  }

  push(chunk: HeardChunk, now: number): HeardPrompt | HeardOther | undefined {
    this.#zero = chunk.at - this.#samples / 8;
    for (const [from, to] of chunk.holes) this.#holes.push([this.#samples + from, this.#samples + to]);
    if (this.#holes.length > 500) this.#holes.splice(0, 100);
    this.#samples += chunk.samples.length;
    this.#heard.push(chunk.samples, chunk.holes);
    const found = this.#follow();
    if (found) return this.#prompt(found, now);
    const heardTo = this.#zero + this.#samples / 8;
    for (const { from, to } of this.#utterances.push(chunk.voice, heardTo)) {
      const said = this.#judge(from, to, now);
      if (said === undefined) continue;
      if (said.kind === 'prompt') return said;
      this.#other.push(said);
      if (this.#other.length > 200) this.#other.shift();
      return said;
    }
    return undefined;
  }

  /** Full overlaps only: the newest frame is the last of each reference. */
  #follow(): Recognised | undefined {
    const heard = this.#heard;
    const end = heard.count + heard.dropped;
    for (let f = Math.max(this.#seen, heard.dropped); f < end; f++) {
      const frame = f - heard.dropped;
      for (const reference of this.#expected) this.#peak(reference, frame + 1 - reference.patch.count);
    }
    this.#seen = end;
    if (this.#pending) return end < this.#pending.until + settle ? undefined : this.#resolve(this.#pending);
    const ripe = [...this.#peaks.values()].filter(
      ({ offset, reference }) => offset + reference.patch.count + settle <= end,
    );
    if (ripe.length === 0) return undefined;
    for (const { reference } of ripe) this.#peaks.delete(reference);
    const found = decide(
      ripe.map((peak) => this.#here(peak)),
      heard,
    );
    return found && this.#among(found);
  }

  /** Keeps the best place of a reference within a stretch of its own settling. */
  #peak(reference: Reference, offset: number): void {
    if (offset < 0) return;
    const score = scoreAt(reference, this.#heard, offset);
    const before = this.#peaks.get(reference);
    if (score >= worth && score > (before?.score ?? 0))
      this.#peaks.set(reference, { reference, score, offset: offset + this.#heard.dropped });
  }

  /** Offsets are kept from the beginning of listening, the patch forgets its oldest frames. */
  #here(peak: Peak): Candidate {
    return { ...peak, offset: peak.offset - this.#heard.dropped };
  }

  /** A known sound that fits better has been heard instead; a longer one that begins alike is waited for. */
  #among(found: Recognised): Recognised | undefined {
    const until = mayGoOn(found, this.#others, this.#heard);
    if (until !== undefined && until > this.#heard.count) {
      this.#wait(found, until);
      return undefined;
    }
    return rivalAt(found, this.#others, this.#heard) ? undefined : found;
  }

  /** Not all of it can have been heard yet, or something longer may have begun. */
  #wait({ reference, offset, score }: Candidate, until: number): void {
    const { dropped } = this.#heard;
    this.#pending = { candidate: { reference, offset: offset + dropped, score }, until: until + dropped };
  }

  #resolve({ candidate }: Pending): Recognised | undefined {
    this.#pending = undefined;
    const here = this.#here(candidate);
    const first = Math.max(0, here.offset - settle);
    const part = slice(this.#heard, first, this.#heard.count);
    const longer = this.#others.filter(({ patch }) => patch.count > candidate.reference.patch.count + 15);
    const instead = nameOf(part, longer, { heard: this.#heard, first });
    if (instead && instead.score >= sure) return undefined;
    return decide([here], this.#heard) ?? this.#changed([candidate.reference], first, this.#heard.count);
  }

  /** An utterance is over: what of it was expected, what else was it? Undefined while that cannot be said. */
  #judge(from: number, to: number, now: number): HeardPrompt | HeardOther | undefined {
    const heard = this.#heard;
    const first = Math.max(0, this.#frameAt(from - margin));
    const last = Math.max(first + 1, Math.min(heard.count, this.#frameAt(to + margin)));
    if (this.#pending && this.#pending.candidate.offset < last + heard.dropped) return undefined;
    const part = slice(heard, first, last);
    const known = [...this.#expected, ...this.#others];
    const named = nameOf(part, known, { heard, first });
    const mine = named ? this.#expected.includes(named.reference) : false;
    // What explains more of what was said: a short word that is within it somewhere does not make it another prompt.
    const back = Math.max(0, first - this.#longest);
    const changed = mine ? undefined : this.#changed(this.#expected, back, heard.count);
    const more = changed && explained(changed) > (named?.reference.patch.count ?? 0);
    const found = mine ? named : more ? changed : undefined;
    if (found) {
      const end = found.offset + found.reference.patch.count;
      if (end + settle <= heard.count) return this.#prompt(found, now);
      this.#wait(found, end);
      return undefined;
    }
    if (!named && this.#lookAgain(first, last)) return this.#judge(from, to, now);
    const { name, text } = named?.reference ?? {};
    const what = name === undefined ? {} : { name, ...(text === undefined ? {} : { text }), score: named!.score };
    return { kind: 'other', ...what, onset: from, end: to, knownAt: now };
  }

  /** What nobody knows may be known on a line that lacks bands: true where it is not what was thought of it. */
  #lookAgain(first: number, last: number): boolean {
    const passband = this.#line.hear(this.#heard, first, last);
    if (!passband) return false;
    this.#heard.through(passband);
    this.#expected = this.#expected.map((one) => seenThrough(one, passband));
    this.#others = this.#others.map((one) => seenThrough(one, passband));
    this.#peaks.clear();
    this.#pending = undefined;
    return true;
  }

  #changed(references: readonly Reference[], first: number, last: number): Recognised | undefined {
    const changed = changedWording(references, slice(this.#heard, first, last));
    return changed && { ...changed, offset: changed.offset + first };
  }

  #frameAt(at: number): number {
    return Math.round(((at - this.#zero) * 8) / hop) - this.#heard.dropped;
  }

  #prompt({ reference, offset, score, warp, changed }: Recognised, now: number): HeardPrompt {
    const start = (offset + this.#heard.dropped) * hop + framesToMs(warp.first ? warp.first / 20 : 0) * 8;
    const at = this.#zero + start / 8;
    const onset = this.#utterances.startNear(at, 40) ?? at;
    const end = at + reference.ms + warp.last - warp.first;
    const { name, text } = reference;
    const jumps = warp.jumps.filter(({ ms }) => Math.abs(ms) >= 40);
    const real = changed.filter((region) => !this.#isHole(start + region.from * 8, start + region.to * 8));
    return {
      kind: 'prompt',
      name,
      ...(text === undefined ? {} : { text }),
      score,
      onset,
      end,
      knownAt: now,
      changed: real,
      jumps,
    };
  }

  /** Words that were lost on the way were not changed. */
  #isHole(from: number, to: number): boolean {
    const lost = this.#holes.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(to, b) - Math.max(from, a)), 0);
    return lost > (to - from - frameLength) / 2;
  }
}
