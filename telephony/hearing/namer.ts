import type { HeardChunk } from '../media/tap.ts';
import { hop, type Passband } from './features.ts';
import { HeardPatch } from './heard-patch.ts';
import { correlation } from './match.ts';
import { seenThrough } from './passband.ts';
import type { HeardPrompt } from './prompt-listener.ts';
import type { Reference } from './reference.ts';

const slack = 6;
const step = 5;
const shortest = 15;
const longest = 150;
const unpaused = 25;

/** Score and lead over the second that so many frames need (audio.md 2.4). */
const needed = (frames: number): readonly [score: number, lead: number] =>
  frames < 25 ? [0.93, 0.12] : frames < 40 ? [0.9, 0.09] : [0.87, 0.06];

interface Beginning {
  readonly at: number;
  readonly frame: number;
  next: number;
}

/**
 * Names a prompt while it plays, from its first 300 ms on: the beginning of what is said against the beginnings of all
 * that is known. Provisional, since prompts that begin alike part later; a name is only given with a clear lead.
 */
export class Namer {
  #expected: ReadonlySet<Reference>;
  #known: readonly Reference[];
  readonly #heard = new HeardPatch(600);
  #open: Beginning | undefined;
  #seen = 0;
  #zero = 0;
  #samples = 0;

  constructor(expected: readonly Reference[], known: readonly Reference[]) {
    this.#expected = new Set(expected);
    const others = known.filter(({ name }) => !expected.some((one) => one.name === name));
    this.#known = [...expected, ...others];
  }

  /** From now on it listens through the bands that the line is known to carry. */
  through(passband: Passband): void {
    const names = new Set([...this.#expected].map(({ name }) => name));
    this.#known = this.#known.map((one) => seenThrough(one, passband));
    this.#expected = new Set(this.#known.filter(({ name }) => names.has(name)));
    this.#heard.through(passband);
  }

  push(chunk: HeardChunk, now: number): HeardPrompt | undefined {
    this.#zero = chunk.at - this.#samples / 8;
    this.#samples += chunk.samples.length;
    this.#heard.push(chunk.samples, chunk.holes);
    for (const { type, at } of chunk.voice) {
      if (type === 'start') this.#open = { at, frame: Math.round(((at - this.#zero) * 8) / hop), next: shortest };
      else if (type === 'cancel') this.#open = undefined;
    }
    this.#withoutPause();
    for (let open = this.#open; open && this.#ripe(open); open = this.#open) {
      const found = this.#name(open);
      open.next += step;
      if (!found && open.next <= longest) continue;
      this.#open = undefined;
      if (found && this.#expected.has(found.reference)) return this.#told(found, open, now);
    }
    return undefined;
  }

  /** One that begins where another was cut short, without a pause: half a second of it must be alike. */
  #withoutPause(): void {
    const { count, dropped } = this.#heard;
    for (; this.#seen + unpaused + slack <= count + dropped; this.#seen++) {
      const frame = this.#seen;
      if (frame < dropped || (this.#open && frame <= this.#open.frame + slack)) continue;
      const [here, next] = [this.#alike(frame), this.#alike(frame + 1)];
      if (here < needed(unpaused)[0] || next > here) continue;
      this.#open = { at: this.#zero + (frame * hop) / 8, frame, next: unpaused };
    }
  }

  #alike(frame: number): number {
    const at = { r: 0, q: frame - this.#heard.dropped, length: unpaused };
    let best = 0;
    for (const { patch } of this.#expected)
      if (patch.count >= unpaused) best = Math.max(best, correlation(patch, this.#heard, at));
    return best;
  }

  #ripe({ frame, next }: Beginning): boolean {
    return this.#heard.count + this.#heard.dropped >= frame + next + slack;
  }

  #name({ frame, next }: Beginning): { readonly reference: Reference; readonly score: number } | undefined {
    const ranked = this.#known
      .filter(({ patch }) => patch.count >= next)
      .map((reference) => ({ reference, score: this.#score(reference, frame, next) }))
      .sort((a, b) => b.score - a.score);
    const [best] = ranked;
    const second = ranked.find(
      ({ reference: { text, name } }) =>
        name !== best?.reference.name && (text === undefined || text !== best?.reference.text),
    );
    const [score, lead] = needed(next);
    return best && best.score >= score && best.score - (second?.score ?? 0) >= lead ? best : undefined;
  }

  #score({ patch, half }: Reference, frame: number, length: number): number {
    let best = 0;
    for (const one of half ? [patch, half] : [patch]) {
      for (let d = -slack; d <= slack; d++) {
        const q = frame + d - this.#heard.dropped;
        if (q < 0 || q + length > this.#heard.count) continue;
        best = Math.max(best, correlation(one, this.#heard, { r: 0, q, length }));
      }
    }
    return best;
  }

  #told({ reference, score }: { reference: Reference; score: number }, { at }: Beginning, now: number): HeardPrompt {
    const { name, text, ms } = reference;
    const said = text === undefined ? {} : { text };
    return { kind: 'prompt', name, ...said, score, onset: at, end: at + ms, knownAt: now, changed: [], jumps: [] };
  }
}
