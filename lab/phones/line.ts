import type { Call, CallEvent, CallEventOf } from '../../telephony/call.ts';
import { join, sines } from '../../telephony/media/tones.ts';
import { soundOf } from './prompts.ts';

/** Whoever was on the line has hung up. */
export class HungUp extends Error {}

/** One caller on the line: what the bank's telephone can do with them. Each method throws HungUp when the caller is gone. */
export class Line {
  readonly call: Call;
  readonly stop: AbortSignal;
  /** First event that nobody has looked at. */
  #from = 0;

  constructor(call: Call, stop: AbortSignal) {
    this.call = call;
    this.stop = stop;
  }

  /** A header of the INVITE, by its name in lower case. */
  header(name: string): string | undefined {
    return this.call.signalling.invite?.headers.find((header) => header.name === name)?.value;
  }

  /** Says a prompt; a key cuts it short. Resolves to whether it was. */
  async say(name: string): Promise<boolean> {
    const sound = await soundOf(name);
    return this.#whileNoKey((signal) => this.call.media.play(sound, { signal }));
  }

  /** Silence for as long as a prompt lasts. */
  async hush(name: string): Promise<boolean> {
    const sound = new Int16Array((await soundOf(name)).length);
    return this.#whileNoKey((signal) => this.call.media.play(sound, { signal }));
  }

  beep(): Promise<unknown> {
    return this.#unlessGone(this.call.media.play(sines([1000], 500)));
  }

  /** Music until it is stopped. */
  music(signal: AbortSignal): void {
    this.call.media.play(tune, { loop: true, signal }).catch(() => undefined);
  }

  /** So many keys; fewer when none comes for `patience` ms. */
  async keys(count: number, patience = 6000): Promise<string> {
    let keys = '';
    while (keys.length < count) {
      const event = await this.next('digit', patience);
      if (!event || event.digit === '#') break;
      keys += event.digit;
    }
    return keys;
  }

  /** The next event of a type; undefined when none comes in time. */
  async next<T extends CallEvent['type']>(type: T, patience: number): Promise<CallEventOf<T> | undefined> {
    const late = AbortSignal.timeout(patience);
    const wanted = (event: CallEvent): event is CallEventOf<T> | CallEventOf<'ended'> =>
      event.type === type || event.type === 'ended';
    try {
      const { event, position } = await this.call.until(wanted, this.#from, AbortSignal.any([late, this.stop]));
      if (event.type === 'ended' && type !== 'ended') throw new HungUp();
      this.#from = position + 1;
      return event as CallEventOf<T>;
    } catch (error) {
      if (late.aborted && error === late.reason) return undefined;
      throw error;
    }
  }

  async #whileNoKey(play: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    const cut = new AbortController();
    const from = this.#from;
    const key = (event: CallEvent): event is CallEventOf<'digit'> => event.type === 'digit';
    this.call.until(key, from, AbortSignal.any([cut.signal, this.stop])).then(
      () => cut.abort('key'),
      () => undefined,
    );
    try {
      await this.#unlessGone(play(AbortSignal.any([cut.signal, this.stop])));
      return false;
    } catch (error) {
      if (cut.signal.aborted) return true;
      throw error;
    } finally {
      cut.abort();
    }
  }

  async #unlessGone<T>(act: Promise<T>): Promise<T> {
    try {
      return await act;
    } catch (error) {
      throw this.call.over ? new HungUp() : error;
    } finally {
      if (this.call.over) this.#gone();
    }
  }

  #gone(): never {
    throw new HungUp();
  }
}

/** A slow arpeggio: neither speech nor a tone of call progress. */
export const tune = join(
  [262, 330, 392, 523, 392, 330].flatMap((hz) => [sines([hz, hz * 2.01, hz * 3.02], 350, -24), new Int16Array(400)]),
);
