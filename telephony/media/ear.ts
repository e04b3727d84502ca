import { InBandReader } from '../hearing/in-band.ts';
import { VoiceActivity, type VoiceChange } from '../hearing/voice-activity.ts';
import type { HeardDigit } from './digits.ts';
import type { HeardPiece } from './heard.ts';
import type { MediaEvent } from './leg-event.ts';
import { Loudness } from './loudness.ts';

/** Speech that is over after this much silence; who waits for longer silences joins what comes again. */
const hangMs = 300;
const rememberedChanges = 400;
const perMs = 8;
const nothing = { voice: [], events: [] } as const;

/** What one call's heard audio means at once: speech, digits in the band, level. Positions in, epoch ms out. */
export class Ear {
  readonly #voice = new VoiceActivity({ hangMs });
  #keys: InBandReader | undefined;
  #keysFrom = 0;
  readonly loudness = new Loudness();
  readonly #changes: VoiceChange[] = [];
  #speechMs = 0;
  #speechFrom: number | undefined;
  #squares = 0;
  #counted = 0;
  #loudest = -100;
  #lastDigit: { readonly digit: string; readonly at: number; readonly by: 'rfc4733' | 'in-band' } | undefined;

  /** Listens for tones of keys from now on, or no longer. */
  hearKeys(on: boolean, position: number): void {
    if (on === (this.#keys !== undefined)) return;
    this.#keys = on ? new InBandReader() : undefined;
    this.#keysFrom = position;
  }

  get speechMs(): number {
    return this.#speechMs;
  }
  get loudest(): number {
    return this.#loudest;
  }
  /** Changes of speech since that moment, for who begins to listen in the past. */
  since(at: number): readonly VoiceChange[] {
    return this.#changes.filter((change) => change.known >= at);
  }

  /** Level since the last time it was asked for, dBov. */
  level(): number {
    const level =
      this.#counted === 0 ? -100 : Math.max(-100, 10 * Math.log10(this.#squares / this.#counted / 2 ** 30 + 1e-10));
    if (this.#counted > 0) this.#loudest = Math.max(this.#loudest, level);
    this.#squares = 0;
    this.#counted = 0;
    return level;
  }

  hear(
    piece: HeardPiece,
    now: number,
    timeOf: (position: number) => number,
  ): { readonly voice: readonly VoiceChange[]; readonly events: readonly MediaEvent[] } {
    const changes = this.#voice.push(piece.samples);
    this.#squares += this.#voice.squares;
    this.loudness.hear(piece, this.#voice);
    this.#counted += piece.hole ? 0 : piece.samples.length;
    const digits = this.#keys?.push(piece.samples) ?? nothing.events;
    if (changes.length === 0 && digits.length === 0) return nothing;
    const voice = changes.map((change) => this.#mapped(change, now, timeOf));
    const events = [
      ...voice.map(voiceEvent),
      ...digits.flatMap((digit) => {
        const at = timeOf(this.#keysFrom + digit.at * perMs);
        return this.digit({ ...digit, at }, 'in-band');
      }),
    ];
    return { voice, events };
  }

  /** Heard both ways within 200 ms it is one digit. */
  digit({ digit, at, ms }: HeardDigit, by: 'rfc4733' | 'in-band'): readonly MediaEvent[] {
    const last = this.#lastDigit;
    if (last && last.by !== by && last.digit === digit && Math.abs(at - last.at) < 200) return [];
    this.#lastDigit = { digit, at, by };
    return [{ type: 'digit', digit, at, end: at + ms, by }];
  }

  #mapped(change: VoiceChange, now: number, timeOf: (position: number) => number): VoiceChange {
    const mapped = { ...change, at: timeOf(change.at * perMs), known: now };
    this.#changes.push(mapped);
    if (this.#changes.length > rememberedChanges) this.#changes.splice(0, rememberedChanges / 4);
    if (mapped.type === 'start') this.#speechFrom = mapped.at;
    else if (this.#speechFrom !== undefined) {
      this.#speechMs += mapped.type === 'end' ? mapped.at - this.#speechFrom : 0;
      this.#speechFrom = undefined;
    }
    return mapped;
  }
}

function voiceEvent({ type, at, known: knownAt }: VoiceChange): MediaEvent {
  const kind = { start: 'speech', end: 'speech-end', cancel: 'speech-cancelled' } as const;
  return { type: kind[type], at, knownAt };
}
