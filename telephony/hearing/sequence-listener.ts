import type { HeardChunk } from '../media/tap.ts';
import type { Passband } from './features.ts';
import { hop } from './features.ts';
import { HeardPatch } from './heard-patch.ts';
import { Lattice, type Part, pathOf, type Token } from './lattice.ts';
import { Line, seenThrough } from './passband.ts';
import type { Reference } from './reference.ts';
import { type Utterance, Utterances } from './utterance.ts';
import { scoreAt } from './verdict.ts';
import { warp } from './warp.ts';

/** One recorded piece of what was said; epoch ms. */
export interface HeardPiece {
  readonly name: string;
  readonly text?: string;
  /** Place in the list of parts that was asked for. */
  readonly part: number;
  readonly score: number;
  readonly onset: number;
  readonly end: number;
}

/** A text that was put together from recorded pieces. */
export interface HeardSequence {
  readonly kind: 'sequence';
  readonly pieces: readonly HeardPiece[];
  /** 0-1, the mean over the sound. */
  readonly score: number;
  readonly onset: number;
  readonly end: number;
  readonly knownAt: number;
}

const settle = 4;
const worth = 0.7;
const worthFollowing = 40;
const enough = { fixed: 0.8, slot: 0.72, all: 0.82 } as const;
/** No piece comes after so many frames: the machine that puts them together leaves shorter pauses. */
const pause = 40;
/** After a last piece that is fixed nothing has to be waited for but a better place of it. */
const short = 12;

/** Listens for a text that is put together: its fixed pieces and, in its slots, numbers, digits or days (audio.md 3.2b). */
export class SequenceListener {
  #references: readonly Reference[];
  readonly #parts: readonly Part[];
  readonly #line: Line;
  #lattice: Lattice;
  readonly #heard = new HeardPatch(3000);
  readonly #utterances = new Utterances(500);
  readonly #peaks = new Map<Reference, { readonly score: number; readonly offset: number }>();
  #seen = 0;
  #zero = 0;
  #samples = 0;

  constructor(parts: readonly Part[], known: ReadonlyMap<string, Reference>) {
    const names = new Set(parts.flatMap((part) => (part.kind === 'any' ? [] : part.names)));
    this.#references = [...names].map((name) => {
      const found = known.get(name);
      if (!found) throw new RangeError(`no sound called ${name} is known`);
      return found;
    });
    this.#parts = parts;
    this.#line = new Line(this.#references);
    this.#lattice = new Lattice(parts);
  }

  push(chunk: HeardChunk, now: number): HeardSequence | undefined {
    this.#zero = chunk.at - this.#samples / 8;
    this.#samples += chunk.samples.length;
    this.#heard.push(chunk.samples, chunk.holes);
    for (const said of this.#utterances.push(chunk.voice, this.#zero + this.#samples / 8)) this.#lookAgain(said);
    const { count, dropped } = this.#heard;
    for (let f = Math.max(this.#seen, dropped); f < count + dropped; f++) this.#follow(f);
    this.#seen = count + dropped;
    const whole = this.#lattice.whole;
    const wait = this.#parts.at(-1)?.kind === 'fixed' ? short : pause;
    if (!whole || this.#seen < whole.arc.to + wait) return undefined;
    const pieces = this.#pieces(whole);
    return this.#isGood(pieces) ? this.#told(pieces, now) : undefined;
  }

  /** What was said and is not it may be it on a line that lacks bands: all that is kept is followed anew. */
  #lookAgain({ from, to }: Required<Utterance>): void {
    if (this.#lattice.whole) return;
    const frame = (at: number) => Math.round(((at - this.#zero) * 8) / hop) - this.#heard.dropped;
    const passband = this.#line.hear(this.#heard, Math.max(0, frame(from)), Math.min(this.#heard.count, frame(to)));
    if (!passband) return;
    this.#heard.through(passband);
    this.#references = this.#references.map((one) => seenThrough(one, passband));
    this.#lattice = new Lattice(this.#parts);
    this.#peaks.clear();
    this.#seen = 0;
  }

  /** Bands that the line carries, where it lacks some. */
  get passband(): Passband | undefined {
    return this.#line.carries;
  }

  /** What was heard of it, for the sentence of a failure. */
  get far(): readonly HeardPiece[] {
    const token = this.#lattice.furthest;
    return token ? this.#pieces(token) : [];
  }

  /** The newest frame is the last of each reference; peaks go to the lattice once they are passed. */
  #follow(f: number): void {
    const { dropped } = this.#heard;
    const ripe: Parameters<Lattice['add']>[0][] = [];
    for (const reference of this.#references) {
      const length = reference.patch.count;
      const offset = f + 1 - length;
      if (offset < dropped) continue;
      const score = scoreAt(reference, this.#heard, offset - dropped);
      const before = this.#peaks.get(reference);
      if (score >= worth && score > (before?.score ?? 0)) this.#peaks.set(reference, { score, offset });
      else if (before && offset >= before.offset + settle) {
        this.#peaks.delete(reference);
        ripe.push({
          reference,
          from: before.offset,
          to: before.offset + length,
          score: this.#followed(reference, before),
        });
      }
    }
    for (const arc of ripe.sort((a, b) => a.to - b.to)) this.#lattice.add(arc, this.#heard);
  }

  /** A longer piece that the line stretched or tore is judged along its path. */
  #followed(reference: Reference, { score, offset }: { score: number; offset: number }): number {
    if (score > 0.9 || reference.patch.count < worthFollowing) return score;
    return Math.max(score, warp(reference.patch, this.#heard, offset - this.#heard.dropped).score);
  }

  #pieces(token: Token): readonly HeardPiece[] {
    return pathOf(token).map(({ part, arc: { reference, from, score } }) => {
      const at = this.#zero + (from * hop) / 8;
      const { name, text, ms } = reference;
      return { name, ...(text === undefined ? {} : { text }), part, score, onset: at, end: at + ms };
    });
  }

  #isGood(pieces: readonly HeardPiece[]): boolean {
    const kind = ({ part }: HeardPiece) => (this.#parts[part]?.kind === 'slot' ? 'slot' : 'fixed');
    return pieces.every((piece) => piece.score >= enough[kind(piece)]) && mean(pieces) >= enough.all;
  }

  #told(pieces: readonly HeardPiece[], now: number): HeardSequence {
    const [first, last] = [pieces[0]!, pieces.at(-1)!];
    const onset = this.#utterances.startNear(first.onset, 40) ?? first.onset;
    return { kind: 'sequence', pieces, score: mean(pieces), onset, end: last.end, knownAt: now };
  }
}

function mean(pieces: readonly HeardPiece[]): number {
  const length = pieces.reduce((sum, { onset, end }) => sum + end - onset, 0);
  return pieces.reduce((sum, { onset, end, score }) => sum + score * (end - onset), 0) / Math.max(1, length);
}
