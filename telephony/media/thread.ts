import { randomInt } from 'node:crypto';
import { MessageChannel, Worker } from 'node:worker_threads';
import { apart, type Clock, systemClock, uptime } from '../../core/clock.ts';
import { type DatagramEars, type Datagrams, openDatagrams } from './datagrams.ts';
import { IceError, type IceSettings } from './ice-servers.ts';
import { type Line, MediaLeg } from './leg.ts';
import type { Bind, Command, MediaSummary, Told, Warm, WorkerSettings } from './protocol.ts';
import type { Seeds } from './sender.ts';
import type { WebEngine } from './web-wire.ts';

export interface LegOptions {
  /** A numeric address of ours that the peer can reach. */
  readonly host: string;
  /** Path of a WAV to record both directions to. */
  readonly record?: string;
  /** How far back a listener may begin; 20 s when absent. */
  readonly rememberMs?: number;
  /** Hear keys as tones where telephone-event was not agreed; true when absent. It costs: false where nobody reads them. */
  readonly toneKeys?: boolean;
  /** That may be agreed; G.711 and G.722 when absent. */
  readonly codecs?: readonly string[];
  /** Keep its packets for a pcap; they come with the summary. */
  readonly capture?: boolean;
  /** SRTP, with the keys that the target names (SDES). */
  readonly sealed?: boolean;
  /** Over WebRTC rather than plain RTP. */
  readonly web?: IceSettings & { readonly engine?: WebEngine };
  /** Start values of the stream; random when absent. */
  readonly seeds?: Seeds;
}

interface Question {
  readonly leg: number;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

const random = (): Seeds => ({
  ssrc: randomInt(1, 2 ** 32),
  sequence: randomInt(2 ** 15),
  timestamp: randomInt(2 ** 32),
});

/** The worker that does all media, and its calls. One serves hundreds. */
export class MediaThread implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #worker: Worker;
  readonly #legs = new Map<number, MediaLeg>();
  readonly #opening = new Map<number, PromiseWithResolvers<MediaLeg>>();
  readonly #questions = new Map<number, Question>();
  readonly #warming = new Map<number, PromiseWithResolvers<void>>();
  readonly #line: Line;
  #count = 0;
  #asked = 0;
  #broken: Error | undefined;

  constructor(clock: Clock = systemClock, settings: Omit<WorkerSettings, 'epochOffset'> = {}) {
    this.#clock = clock;
    const epochOffset = apart(() => clock.now(), uptime);
    const workerData: WorkerSettings = { ...settings, epochOffset };
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    this.#worker = new Worker(new URL(`./media-worker${extension}`, import.meta.url), { workerData });
    this.#worker.on('message', (told: Told) => this.#told(told));
    this.#worker.on('error', (error) => this.#break(error));
    this.#worker.on('exit', () => this.#break(new Error('the media thread has ended')));
    // A forgotten thread must not keep the process alive; calls do.
    this.#worker.unref();
    this.#line = {
      now: () => this.#clock.now(),
      send: (command, transfer = []) => this.#worker.postMessage(command, [...transfer]),
      ask: (make) => this.#ask(make),
    };
  }

  /** Opens RTP and RTCP ports; early media are heard from here on. */
  async open({
    host,
    record,
    web,
    sealed = false,
    capture = false,
    rememberMs = 20_000,
    toneKeys = true,
    codecs = ['PCMU', 'PCMA', 'G722'],
    seeds = random(),
  }: LegOptions): Promise<MediaLeg> {
    if (this.#broken) throw this.#broken;
    const leg = ++this.#count;
    const opening = Promise.withResolvers<MediaLeg>();
    this.#opening.set(leg, opening);
    this.#worker.ref();
    const more = { ...(record ? { record } : {}), ...(web ? { web } : {}) };
    const command: Command = { do: 'open', leg, host, seeds, rememberMs, toneKeys, codecs, sealed, capture, ...more };
    this.#worker.postMessage(command);
    return opening.promise;
  }

  /** Starts who makes the packets, so that no call waits for that. Throws Error, with the line that installs it, where it is not here. */
  async warm(engine: WebEngine): Promise<void> {
    if (engine === 'werift') return;
    if (this.#broken) throw this.#broken;
    const ask = ++this.#asked;
    const warming = Promise.withResolvers<void>();
    this.#warming.set(ask, warming);
    this.#worker.ref();
    const command: Warm = { do: 'warm', ask, engine };
    this.#worker.postMessage(command);
    await warming.promise;
  }

  /**
   * A UDP socket for texts in the thread that keeps time: what comes is stamped on arrival, while the thread that reads it is busy.
   * Throws the system's error where the address cannot be bound.
   */
  readonly datagrams = async (at: { host: string; port: number }, ears: DatagramEars): Promise<Datagrams> => {
    if (this.#broken) throw this.#broken;
    const { port1, port2 } = new MessageChannel();
    const unread = new Int32Array(new SharedArrayBuffer(4));
    const command: Bind = { do: 'bind', host: at.host, wanted: at.port, unread, mail: port2 };
    this.#worker.postMessage(command, [port2]);
    return openDatagrams(port1, unread, ears);
  };

  /** Closes every call that is still open, then the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#opening.values()].map(({ promise }) => promise));
    await Promise.allSettled([...this.#legs.values()].map((leg) => leg.close()));
    await this.#worker.terminate();
  }

  #ask<Answer>(make: (ask: number) => Command): Promise<Answer> {
    const ask = ++this.#asked;
    const command = make(ask);
    return new Promise((resolve, reject) => {
      if (this.#broken || !this.#legs.has(command.leg)) {
        reject(this.#broken ?? new Error('the call has ended'));
        return;
      }
      this.#questions.set(ask, { leg: command.leg, resolve, reject });
      this.#worker.postMessage(command);
    });
  }

  #told(told: Told): void {
    switch (told.tell) {
      case 'opened': {
        const leg = new MediaLeg(told.leg, { host: told.host, port: told.port }, this.#line);
        this.#legs.set(told.leg, leg);
        this.#opening.get(told.leg)?.resolve(leg);
        this.#opening.delete(told.leg);
        return;
      }
      case 'refused':
        this.#opening.get(told.leg)?.reject(new Error(`the sound of the call cannot be opened: ${told.message}`));
        this.#opening.delete(told.leg);
        this.#rest();
        return;
      case 'warmed':
        if (told.why === undefined) this.#warming.get(told.ask)?.resolve();
        else this.#warming.get(told.ask)?.reject(new Error(told.why));
        this.#warming.delete(told.ask);
        this.#rest();
        return;
      case 'event':
        this.#legs.get(told.leg)?.hear(told.event);
        return;
      case 'played':
        this.#answer(told.ask, told.end);
        return;
      case 'pressed':
        this.#answer(told.ask, told.keys);
        return;
      case 'unpressed':
        this.#refuse(told.ask, told);
        return;
      case 'described':
        if (told.sdp === undefined) this.#refuse(told.ask, told);
        else this.#answer(told.ask, told.sdp);
        return;
      case 'figures':
        this.#answer(told.ask, told.statistics);
        return;
      case 'statistics':
        for (const [leg, statistics] of told.all)
          this.#legs.get(leg)?.hear({ type: 'statistics', at: statistics.at, statistics });
        return;
      case 'closed':
        this.#end(told.leg, told.summary);
        return;
    }
    told satisfies never;
  }

  #refuse(ask: number, { why = '', fault }: { why?: string; fault?: IceError['fault'] }): void {
    this.#questions.get(ask)?.reject(fault ? new IceError(fault, why) : new Error(why));
    this.#questions.delete(ask);
  }

  #answer(ask: number, answer: unknown): void {
    this.#questions.get(ask)?.resolve(answer as never);
    this.#questions.delete(ask);
  }

  #end(leg: number, summary: MediaSummary | Error): void {
    this.#legs.get(leg)?.ended(summary);
    this.#legs.delete(leg);
    this.#questions.forEach((question, ask) => {
      if (question.leg !== leg) return;
      this.#questions.delete(ask);
      question.reject(new Error('the call has ended'));
    });
    this.#rest();
  }

  #rest(): void {
    if (this.#legs.size + this.#opening.size + this.#warming.size === 0) this.#worker.unref();
  }

  #break(error: Error): void {
    this.#broken ??= error;
    for (const { reject } of this.#opening.values()) reject(error);
    this.#opening.clear();
    for (const { reject } of this.#warming.values()) reject(error);
    this.#warming.clear();
    for (const leg of [...this.#legs.keys()]) this.#end(leg, error);
  }
}
