import type { HeardChunk } from '../media/tap.ts';
import { MusicReader } from './music-reader.ts';
import { lag, SteadyNotes, steadyShare } from './steady-notes.ts';
import { Utterances } from './utterance.ts';

/** Somebody speaks; epoch ms. */
export interface HeardSpeech {
  readonly kind: 'speech';
  readonly onset: number;
  readonly knownAt: number;
}

const frameMs = 20;
/** Share of the power in notes that stay: of a second of speech .03, at most .12 (p99, four languages); of music .45, at least .2 (p5). */
const most = { speech: 0.16, whole: 0.3, afterMusic: 0.1 } as const;
const enough = 1000 / frameMs;
/** Music is known by then, if it is any. */
const late = 5000;
const pause = 500;

/**
 * Listens for speech that is neither music nor a tone of call progress, for both of which voice activity takes
 * speech. Known after a second of it, or at its end.
 */
export class SpeechListener {
  readonly #least: number;
  readonly #from: number;
  readonly #utterances = new Utterances(pause);
  readonly #notes = new SteadyNotes();
  readonly #music = new MusicReader();
  /** The newest second that was loud enough. */
  readonly #newest: { readonly at: number; readonly share: number }[] = [];
  #samples = 0;
  #frames = 0;

  /** `since`: what voice activity took for speech before the listening began; `from`: what counts begins then; epoch ms. */
  constructor({
    least = 200,
    since,
    from = 0,
  }: { least?: number; since?: number | undefined; from?: number | undefined } = {}) {
    this.#least = least;
    this.#from = from;
    if (since !== undefined) this.#utterances.push([{ type: 'start', at: since, known: since }], since);
  }

  push({ at, samples, voice }: HeardChunk, now: number): HeardSpeech | undefined {
    const zero = at - this.#samples / 8;
    this.#samples += samples.length;
    this.#look(samples, zero);
    const end = at + samples.length / 8;
    this.#utterances.push(voice, end);
    const { speaking } = this.#utterances;
    if (!speaking) return undefined;
    const begin = Math.max(speaking.from, this.#from);
    const until = speaking.to ?? end;
    if (until - begin < this.#least) return undefined;
    const heard = this.#newest.filter((frame) => frame.at >= begin);
    const over = speaking.to !== undefined || until - begin > late;
    if (!this.#isSpeech(heard, over)) return undefined;
    // Who speaks after music, without a pause, began to with the second that is speech.
    const onset = this.#music.from === undefined ? speaking.from : Math.max(speaking.from, heard[0]?.at ?? 0);
    return { kind: 'speech', onset, knownAt: now };
  }

  #look(samples: Int16Array, zero: number): void {
    for (const { steady, loud, key } of this.#notes.push(samples)) {
      this.#music.step(steady);
      this.#frames += 1;
      if (!loud) continue;
      this.#newest.push({ at: zero + (this.#frames - lag) * frameMs, share: key ? 1 : steadyShare(steady) });
      if (this.#newest.length > enough) this.#newest.shift();
    }
  }

  #isSpeech(heard: readonly { readonly share: number }[], over: boolean): boolean {
    if (!over && heard.length < enough) return false;
    const share = heard.reduce((sum, one) => sum + one.share, 0) / Math.max(1, heard.length);
    if (this.#music.from !== undefined) return share <= most.afterMusic;
    return share <= (over ? most.whole : most.speech);
  }
}
