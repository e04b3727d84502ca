import type { HeardChunk } from '../media/tap.ts';
import { ClaimReader } from './claim-reader.ts';
import type { Passband } from './features.ts';
import type { Part } from './lattice.ts';
import { type HeardMusic, MusicListener } from './music-listener.ts';
import { MusicReader } from './music-reader.ts';
import { Namer } from './namer.ts';
import { type HeardOther, type HeardPrompt, PromptListener } from './prompt-listener.ts';
import type { Reference } from './reference.ts';
import { type HeardPiece, type HeardSequence, SequenceListener } from './sequence-listener.ts';
import { type HeardSpeech, SpeechListener } from './speech-listener.ts';
import { nameTones, type ToneName } from './tone-name.ts';
import { ToneReader } from './tone-reader.ts';

/** What a step waits for. */
export type Wanted =
  /** Any of these references; `next`: whatever is said first decides; `named`: its first sure name is enough. */
  | { readonly for: 'prompt'; readonly names: readonly string[]; readonly next?: boolean; readonly named?: boolean }
  /** A text that is put together from recorded pieces. */
  | { readonly for: 'sequence'; readonly parts: readonly Part[] }
  | { readonly for: 'tone'; readonly tones: readonly ToneName[] }
  /** One of these samples from wherever in it, or any music where none is named. */
  | { readonly for: 'music'; readonly names: readonly string[] }
  /** Speech of at least so many ms, by whomever; what sounds `since` then may be it; what counts begins at `from`, epoch ms. */
  | { readonly for: 'speech'; readonly ms?: number; readonly since?: number; readonly from?: number }
  /** No speech for so many ms. */
  | { readonly for: 'silence'; readonly ms: number }
  /** Whose claim marker sounds; `known`: of whom it may be. */
  | { readonly for: 'claim'; readonly known: readonly number[] };

/** What came; epoch ms. */
export type Hearing =
  | HeardPrompt
  | HeardSequence
  | HeardOther
  | HeardMusic
  | {
      readonly kind: 'tone';
      readonly tone: ToneName;
      readonly plan?: string;
      readonly hz: readonly number[];
      readonly onset: number;
      readonly knownAt: number;
    }
  | HeardSpeech
  | { readonly kind: 'silence'; readonly onset: number; readonly knownAt: number }
  /** Several numbers where markers are mixed; `onset` is where the first of them was over. */
  | { readonly kind: 'claim'; readonly numbers: readonly number[]; readonly onset: number; readonly knownAt: number };

/** What was heard instead, for the sentence of a failure. */
export interface Summary {
  /** "3.1 s of speech, no known prompt", "a tone of 425 Hz (busy)", "silence". */
  readonly words: string;
  readonly others: readonly HeardOther[];
  /** Pieces of a sequence that did come. */
  readonly pieces?: readonly HeardPiece[];
  /** ms */
  readonly listened: number;
  readonly speech: number;
  readonly lost: number;
}

const tail = 12_000 * 8;

/** One step's listening: chunks in, what was wanted out, once. Pure but for its memory. */
export class Listener {
  readonly #wanted: Wanted;
  readonly #prompts: PromptListener | undefined;
  readonly #sequence: SequenceListener | undefined;
  readonly #namer: Namer | undefined;
  readonly #tones: ToneReader | undefined;
  readonly #music: MusicListener | undefined;
  readonly #talk: SpeechListener | undefined;
  readonly #claims: ClaimReader | undefined;
  #passband: Passband | undefined;
  #speechFrom: number | undefined;
  #speech = 0;
  #lost = 0;
  #samples = 0;
  #first: number | undefined;
  #end = 0;
  #quietFrom: number | undefined;
  #tail: Int16Array[] = [];
  #tailLength = 0;

  /** `passband`: what the line was found to carry before, where that is not all. */
  constructor(wanted: Wanted, references: ReadonlyMap<string, Reference>, passband?: Passband) {
    this.#wanted = wanted;
    this.#passband = passband;
    const named = (name: string) => {
      const found = references.get(name);
      if (!found) throw new RangeError(`no sound called ${name} is known`);
      return found;
    };
    if (wanted.for === 'music') this.#music = new MusicListener(wanted.names.map(named));
    if (wanted.for === 'prompt') {
      const expected = wanted.names.map(named);
      const known = [...references.values()];
      this.#prompts = new PromptListener(expected, known);
      if (wanted.named) this.#namer = new Namer(expected, known);
      if (passband) this.#namer?.through(passband);
    }
    if (wanted.for === 'sequence') {
      this.#prompts = new PromptListener([], [...references.values()]);
      this.#sequence = new SequenceListener(wanted.parts, references);
    }
    if (wanted.for === 'tone') this.#tones = new ToneReader();
    if (wanted.for === 'claim') this.#claims = new ClaimReader(wanted.known);
    if (wanted.for === 'speech') this.#talk = new SpeechListener({ ...wanted, least: wanted.ms ?? 200 });
  }

  push(chunk: HeardChunk, now: number): Hearing | undefined {
    this.#note(chunk);
    this.#tones?.push(chunk.samples);
    switch (this.#wanted.for) {
      case 'prompt': {
        const heard = this.#namer?.push(chunk, now) ?? this.#prompts!.push(chunk, now);
        this.#learn();
        return heard?.kind === 'prompt' || this.#wanted.next ? heard : undefined;
      }
      case 'sequence': {
        const heard = this.#sequence!.push(chunk, now);
        if (!heard) this.#prompts!.push(chunk, now);
        this.#learn();
        return heard;
      }
      case 'tone':
        return this.#tone(this.#wanted.tones, now);
      case 'music':
        return this.#music!.push(chunk, now);
      case 'speech':
        return this.#talk!.push(chunk, now);
      case 'silence':
        return this.#quiet(this.#wanted.ms, now);
      case 'claim': {
        const heard = this.#claims!.push(chunk.samples);
        return heard && { kind: 'claim', numbers: heard.numbers, onset: this.#first! + heard.to / 8, knownAt: now };
      }
    }
  }

  /** What the line carries, where that is known not to be all: for the next step that listens on it. */
  get passband(): Passband | undefined {
    return this.#passband;
  }

  summary(): Summary {
    const listened = this.#samples / 8;
    const speech = this.#speech + (this.#speechFrom === undefined ? 0 : this.#end - this.#speechFrom);
    const others = this.#prompts?.others ?? [];
    const words = [
      this.#speechWords(speech, others),
      this.#musicWords() || this.#toneWords(),
      this.#lostWords(),
    ].filter((text) => text !== '');
    return {
      words: words.join(', ') || (listened === 0 ? 'nothing: no audio came' : `silence for ${seconds(listened)}`),
      others,
      ...(this.#sequence ? { pieces: this.#sequence.far } : {}),
      listened,
      speech,
      lost: this.#lost,
    };
  }

  /** What one utterance taught of the line holds for the next, in this step too. */
  #learn(): void {
    const passband = this.#sequence?.passband ?? this.#prompts?.passband;
    if (!passband || (passband.from === this.#passband?.from && passband.to === this.#passband.to)) return;
    this.#passband = passband;
    this.#namer?.through(passband);
  }

  #note({ at, samples, holes, voice }: HeardChunk): void {
    this.#first ??= at;
    this.#samples += samples.length;
    this.#end = at + samples.length / 8;
    for (const [from, to] of holes) this.#lost += (to - from) / 8;
    this.#quietFrom ??= at;
    for (const change of voice) {
      if (change.type === 'start') {
        this.#speechFrom = change.at;
        this.#quietFrom = undefined;
        continue;
      }
      if (change.type === 'end') this.#speech += change.at - (this.#speechFrom ?? Math.min(change.at, this.#first));
      this.#speechFrom = undefined;
      this.#quietFrom = change.at;
    }
    this.#tail.push(samples);
    this.#tailLength += samples.length;
    while (this.#tailLength - this.#tail[0]!.length > tail) this.#tailLength -= this.#tail.shift()!.length;
  }

  #tone(wanted: readonly ToneName[], now: number): Hearing | undefined {
    const heard = this.#samples / 8;
    const found = nameTones(this.#tones!.segments, heard).find(({ name }) => wanted.includes(name));
    if (!found) return undefined;
    const zero = this.#end - heard;
    const { name, plan, hz } = found;
    return { kind: 'tone', tone: name, ...(plan ? { plan } : {}), hz, onset: zero + found.from, knownAt: now };
  }

  #quiet(ms: number, now: number): Hearing | undefined {
    const from = this.#quietFrom;
    if (from === undefined || this.#speechFrom !== undefined || this.#end - from < ms) return undefined;
    return { kind: 'silence', onset: from, knownAt: now };
  }

  #speechWords(speech: number, others: readonly HeardOther[]): string {
    if (speech < 100) return '';
    if (this.#talk) return `${seconds(speech)} of sound that is no speech`;
    const names = [...new Set(others.flatMap(({ name, text }) => (name ? [text ? `“${text}”` : name] : [])))];
    const known = this.#prompts ? (names.length > 0 ? names.slice(0, 3).join(' and ') : 'no known prompt') : '';
    return `${seconds(speech)} of speech${known ? `, ${known}` : ''}`;
  }

  /** Music and tones are looked for only now, when something has to be said of them. */
  #musicWords(): string {
    const reader = new MusicReader();
    for (const samples of this.#tail) reader.push(samples);
    return reader.from === undefined ? '' : 'music';
  }

  #toneWords(): string {
    const reader = new ToneReader();
    for (const samples of this.#tail) reader.push(samples);
    const [named] = nameTones(reader.segments, this.#tailLength / 8).filter(({ name }) => name !== 'beep');
    if (named) return `${named.name} tone (${hertz(named.hz)})`;
    const longest = reader.segments
      .filter(({ hz }) => hz.length > 0)
      .sort((a, b) => b.to - b.from - (a.to - a.from))[0];
    if (!longest || longest.to - longest.from < 400 || longest.purity < 0.86) return '';
    return `a tone of ${hertz(longest.hz)} for ${seconds(longest.to - longest.from)}`;
  }

  #lostWords(): string {
    return this.#lost < 200 ? '' : `${seconds(this.#lost)} without packets`;
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const hertz = (hz: readonly number[]): string => `${hz.map((one) => one.toFixed(0)).join(' + ')} Hz`;
