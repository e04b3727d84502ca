import type { Keyboard } from './peer-engine.ts';
import type { Presses, Tone } from './peer-protocol.ts';

/** What a browser sends at most and at least, ms (W3C WebRTC §7.2). */
const bounds = { shortest: 40, longest: 6000, gap: 30 } as const;
/** The pause that `,` is, ms. */
const pause = 500;

/** The keys of one call, sent by an RTCDTMFSender one at a time, so that each is known by when it went. */
export class PeerKeys {
  readonly #keyboard: Keyboard;
  #turn = 0;
  #wake = () => {};

  constructor(keyboard: Keyboard) {
    this.#keyboard = keyboard;
  }

  /** Those that were sent, until all are or `stop` is called. Throws Error where the other side has not agreed to telephone-events. */
  async press({ keys, ms, gapMs }: Presses): Promise<readonly Tone[]> {
    this.stop();
    const turn = this.#turn;
    const begun = performance.now();
    const lasts = Math.max(bounds.shortest, Math.min(bounds.longest, ms));
    const tones: Tone[] = [];
    for (const key of keys) {
      if (turn !== this.#turn) break;
      if (key === ',') {
        await this.#pause();
        continue;
      }
      if (!this.#keyboard.canInsertDTMF) throw new Error('telephone-events cannot be sent on this call now');
      const from = await this.#tone(key, lasts, Math.max(bounds.gap, gapMs));
      if (from !== undefined) tones.push({ key, from: from - begun, to: from - begun + lasts });
    }
    return tones;
  }

  /** The key that sounds is the last. */
  stop(): void {
    this.#turn += 1;
    this.#wake();
  }

  #pause(): Promise<void> {
    return new Promise((done) => {
      const late = setTimeout(done, pause);
      this.#wake = () => {
        clearTimeout(late);
        done();
      };
    });
  }

  /** When it began; undefined when it was stopped before. */
  #tone(key: string, ms: number, gapMs: number): Promise<number | undefined> {
    return new Promise((done) => {
      let from: number | undefined;
      this.#wake = () => done(from);
      this.#keyboard.ontonechange = ({ tone }) => {
        if (tone === '') done(from);
        else from = performance.now();
      };
      this.#keyboard.insertDTMF(key, ms, gapMs);
    });
  }
}
