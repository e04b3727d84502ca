import type { Clock } from '../../core/clock.ts';
import type { MediaThread } from '../../telephony/media/thread.ts';
import type { Speaker, SpeakerSettings } from '../../telephony/speaking/speaker.ts';
import { Claims } from './claims.ts';
import type { Ears } from './ears.ts';
import { Hush } from './hush.ts';
import { Sayings } from './sayings.ts';
import { SharedPhones } from './shared-phones.ts';
import { ToneClaims } from './tone-claims.ts';

/** What a session holds while it is open. */
export interface Lease extends AsyncDisposable {
  readonly media: MediaThread;
  readonly sayings: Sayings;
  readonly claims: Claims;
  readonly tones: ToneClaims;
  readonly phones: SharedPhones;
  readonly hush: Hush;
  /** One for all sessions with this voice: a text that hundreds say is rendered once. */
  speaker(settings: SpeakerSettings): Promise<Speaker>;
  /** Started when the first step listens for something. */
  ears(): Promise<Ears>;
}

/**
 * The threads of this process, for sound and for hearing: started for the first session that needs them and ended with
 * the last, since a thread for each call would cost more than the call (docs/decisions/0007).
 */
export class VoiceEngine {
  #media: Promise<MediaThread> | undefined;
  #ears: Promise<Ears> | undefined;
  readonly #speakers = new Map<string, Promise<Speaker>>();
  readonly #sayings = new Sayings();
  readonly #claims = new Claims();
  readonly #tones = new ToneClaims();
  readonly #phones = new SharedPhones();
  readonly #hush = new Hush();
  /** Sessions of each walk. */
  readonly #walks = new Map<string, number>();

  /** Sessions that hold it. */
  get leases(): number {
    return [...this.#walks.values()].reduce((sum, count) => sum + count, 0);
  }

  async take(clock: Clock, walk: string): Promise<Lease> {
    this.#walks.set(walk, (this.#walks.get(walk) ?? 0) + 1);
    // After a stall of ours what we say is sent late rather than with words missing; that we were late is told.
    this.#media ??= import('../../telephony/media/thread.ts').then(
      (module) => new module.MediaThread(clock, { catchUp: 500 }),
    );
    let given = false;
    return {
      media: await this.#media,
      sayings: this.#sayings,
      claims: this.#claims,
      tones: this.#tones,
      phones: this.#phones,
      hush: this.#hush,
      speaker: (settings) => this.#speaker(settings),
      ears: () => {
        this.#ears ??= import('./ears.ts').then((module) => new module.Ears(clock));
        return this.#ears;
      },
      [Symbol.asyncDispose]: async () => {
        if (given) return;
        given = true;
        await this.#give(walk);
      },
    };
  }

  #speaker(settings: SpeakerSettings): Promise<Speaker> {
    const key = JSON.stringify(settings);
    const made =
      this.#speakers.get(key) ??
      import('../../telephony/speaking/speaker.ts').then((module) => new module.Speaker(settings));
    this.#speakers.set(key, made);
    return made;
  }

  async #give(walk: string): Promise<void> {
    const left = (this.#walks.get(walk) ?? 1) - 1;
    if (left > 0) this.#walks.set(walk, left);
    else this.#walks.delete(walk);
    if (left <= 0) for (const part of [this.#claims, this.#tones, this.#hush]) part.forget(walk);
    const [media, ears] = [this.#media, this.#ears];
    const names = left > 0 ? [] : this.#sayings.forget(walk);
    if (names.length > 0) (await ears)?.forget(names);
    if (this.leases > 0) return;
    this.#speakers.clear();
    if (this.#media === media) this.#media = undefined;
    if (this.#ears === ears) this.#ears = undefined;
    await Promise.all([(await media)?.[Symbol.asyncDispose](), (await ears)?.[Symbol.asyncDispose]()]);
  }
}
