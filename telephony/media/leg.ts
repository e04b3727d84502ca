import type { MessagePort } from 'node:worker_threads';
import { MessageChannel } from 'node:worker_threads';
import type { MediaEvent, MediaStatistics } from './leg-event.ts';
import type { AudioTarget } from './offer.ts';
import type { Command, MediaSummary } from './protocol.ts';
import type { PlayEnd, PressedKey } from './sender.ts';
import type { HeardChunk } from './tap.ts';
import type { Thinning } from './thinning.ts';
import { keyTones } from './tones.ts';

export interface PlayOptions {
  /** From the start again until stopped. */
  readonly loop?: boolean;
  readonly signal?: AbortSignal;
}

export interface PressOptions {
  readonly by?: 'rfc4733' | 'in-band';
  readonly ms?: number;
  readonly gapMs?: number;
  readonly signal?: AbortSignal;
}

/** What a leg needs of the thread. */
export interface Line {
  now(): number;
  send(command: Command, transfer?: readonly (MessagePort | ArrayBuffer)[]): void;
  ask<Answer>(make: (ask: number) => Command): Promise<Answer>;
}

/** One call's audio, seen from the main thread. Times are epoch ms. */
export class MediaLeg implements AsyncDisposable {
  readonly local: { readonly host: string; readonly port: number };
  readonly #id: number;
  readonly #line: Line;
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  /** What went wrong before anybody listened. */
  readonly #early: MediaEvent[] = [];
  readonly #closed = Promise.withResolvers<MediaSummary>();
  #closing = false;
  #statistics: MediaStatistics | undefined;
  #target: AudioTarget | undefined;
  #quietSince: number | undefined;

  constructor(id: number, local: MediaLeg['local'], line: Line) {
    this.#id = id;
    this.local = local;
    this.#line = line;
    this.#quietSince = line.now();
  }

  /** The newest figures; undefined in the first second. */
  get statistics(): MediaStatistics | undefined {
    return this.#statistics;
  }
  get target(): AudioTarget | undefined {
    return this.#target;
  }
  /** Since when the other side says nothing; undefined while it speaks. */
  get quietSince(): number | undefined {
    return this.#quietSince;
  }

  /** After an answer or a re-INVITE: address, codec and direction change at once. */
  connect(target: AudioTarget): void {
    this.#target = target;
    this.#line.send({ do: 'connect', leg: this.#id, target });
  }

  /** Over WebRTC: our offer, or our answer to theirs. Throws Error for an offer that cannot be taken. */
  describe(offer?: string): Promise<string> {
    const leg = this.#id;
    return this.#line.ask((ask) => ({ do: 'describe', leg, ask, ...(offer === undefined ? {} : { offer }) }));
  }

  /** Over WebRTC: their answer to our offer. */
  accept(answer: string): void {
    this.#line.send({ do: 'accept', leg: this.#id, answer });
  }

  on(listener: (event: MediaEvent) => void): () => void {
    this.#listeners.add(listener);
    for (const event of this.#early.splice(0)) listener(event);
    return () => this.#listeners.delete(listener);
  }

  /** Plays 8 kHz mono; resolves when its last packet has gone, or when it was cut. A new sound cuts the old one. */
  async play(samples: Int16Array, { loop = false, signal }: PlayOptions = {}): Promise<PlayEnd> {
    signal?.throwIfAborted();
    const leg = this.#id;
    return this.#stoppable(signal, { do: 'stop', leg }, (ask) => ({ do: 'play', leg, ask, samples, loop }));
  }

  stopPlaying(): void {
    this.#line.send({ do: 'stop', leg: this.#id });
  }

  /** Keys 0-9 * # A-D, `,` is half a second; by telephone-event where it was agreed, else as tones. */
  async press(keys: string, { by, ms = 100, gapMs = 100, signal }: PressOptions = {}): Promise<readonly PressedKey[]> {
    const wrong = [...keys].find((key) => !/[0-9*#A-Da-d,]/.test(key));
    if (wrong !== undefined || keys === '') throw new RangeError(`"${wrong ?? ''}" is no key of a phone`);
    signal?.throwIfAborted();
    const leg = this.#id;
    const way = by ?? (this.#target?.digits === undefined ? 'in-band' : 'rfc4733');
    if (way === 'rfc4733' && this.#target?.digits === undefined)
      throw new RangeError('telephone-event was not agreed on this call: press by in-band or info');
    if (way === 'in-band') return this.#tones(keys, { ms, gapMs, signal });
    return this.#stoppable(signal, { do: 'stop-pressing', leg }, (ask) => ({ do: 'press', leg, ask, keys, ms, gapMs }));
  }

  /** What is heard from that moment on, remembered audio first. Chunks go straight to whoever holds the port. */
  tap(from: number): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#line.send({ do: 'tap', leg: this.#id, from, port: port2 }, [port2]);
    return port1;
  }

  /** From now on some of our packets do not leave: a bad line, made on purpose. */
  thin(thinning: Thinning): void {
    this.#line.send({ do: 'thin', leg: this.#id, thinning });
  }

  /** Figures of this moment. */
  figures(): Promise<MediaStatistics> {
    const leg = this.#id;
    return this.#line.ask((ask) => ({ do: 'figures', leg, ask }));
  }

  /** Ends what plays, finishes the recording, gives the ports back. */
  close(): Promise<MediaSummary> {
    if (!this.#closing) {
      this.#closing = true;
      this.#line.send({ do: 'close', leg: this.#id });
    }
    return this.#closed.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For the thread alone. */
  hear(event: MediaEvent): void {
    if (event.type === 'speech') this.#quietSince = undefined;
    if (event.type === 'speech-end' || event.type === 'speech-cancelled') this.#quietSince = event.at;
    if (event.type === 'statistics') this.#statistics = event.statistics;
    if (event.type === 'trouble' && this.#listeners.size === 0) this.#early.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** For the thread alone. */
  ended(summary: MediaSummary | Error): void {
    if (summary instanceof Error) {
      this.#closed.promise.catch(() => {});
      this.#closed.reject(summary);
      return;
    }
    this.#statistics = summary.statistics;
    this.#closed.resolve(summary);
  }

  async #tones(keys: string, { ms, gapMs, signal }: { ms: number; gapMs: number; signal?: AbortSignal }) {
    const { from } = await this.play(keyTones(keys, { ms, gapMs }), { signal });
    if (from === undefined) return [];
    let at = from;
    return [...keys].flatMap((key) => {
      const start = at;
      at += key === ',' ? 500 : ms + gapMs;
      return key === ',' ? [] : [{ key, at: start, end: start + ms }];
    });
  }

  async #stoppable<Answer>(
    signal: AbortSignal | undefined,
    stop: Command,
    make: (ask: number) => Command,
  ): Promise<Answer> {
    const onStop = () => this.#line.send(stop);
    signal?.addEventListener('abort', onStop, { once: true });
    try {
      const answer = await this.#line.ask<Answer>(make);
      signal?.throwIfAborted();
      return answer;
    } finally {
      signal?.removeEventListener('abort', onStop);
    }
  }
}

/** The chunks of a tap, until it is closed on either side. */
export async function* chunks(port: MessagePort): AsyncGenerator<HeardChunk> {
  const waiting: HeardChunk[] = [];
  let wake = Promise.withResolvers<void>();
  let open = true;
  port.on('message', (chunk: HeardChunk) => {
    waiting.push(chunk);
    wake.resolve();
  });
  port.on('close', () => {
    open = false;
    wake.resolve();
  });
  try {
    while (open || waiting.length > 0) {
      const next = waiting.shift();
      if (next) yield next;
      else {
        wake = Promise.withResolvers<void>();
        await wake.promise;
      }
    }
  } finally {
    port.close();
  }
}
