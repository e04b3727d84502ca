import { type ChildProcess, fork } from 'node:child_process';
import { IceError, type IceSettings } from './ice-servers.ts';
import { linear } from './linear.ts';
import { sends } from './offer.ts';
import type { PeerCommand, PeerFigures, PeerTold, Presses, Tone } from './peer-protocol.ts';
import type { PortPair } from './ports.ts';
import { readRtp, writeRtp } from './rtp.ts';
import type { Direction } from './sdp.ts';
import type { PressedKey } from './sender.ts';
import type { PeerEngineName } from './web-wire.ts';
import { Wire } from './wire.ts';

/** What a wire is told by the process. */
interface Ear {
  heard(samples: Int16Array): void;
  figures(figures: PeerFigures): void;
  connected(): void;
  trouble(why: string): void;
}

interface Asked {
  resolve(answer: never): void;
  reject(error: Error): void;
}

/** The process with libwebrtc, or with a browser, for all calls of this thread: started with the first, ended with the thread. */
export class PeerProcess {
  readonly #child: ChildProcess;
  /** Rejects with Error, with the line that installs it, where the engine is not here. */
  readonly ready: Promise<void>;
  readonly #ears = new Map<number, Ear>();
  readonly #asked = new Map<number, Asked>();
  #asks = 0;
  /** Why it serves no longer. */
  over: Error | undefined;

  constructor(engine: PeerEngineName) {
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    this.#child = fork(new URL(`./${engine}-child${extension}`, import.meta.url), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.ready.catch(() => undefined);
    const end = (error: Error) => {
      ready.reject(error);
      this.#end(error);
    };
    this.#child.on('message', (told: PeerTold) => {
      if (told.tell === 'ready') ready.resolve();
      else if (told.tell === 'over') {
        end(new Error(told.why));
        if (this.#child.connected) this.#child.disconnect();
      } else this.#told(told);
    });
    this.#child.on('exit', (code, signal) =>
      end(new Error(`the process of engine ${engine} ended (${signal ?? `exit code ${code}`})`)),
    );
  }

  /** Throws what `ready` rejects with. */
  async open(
    leg: number,
    { ice, codecs, ear }: { readonly ice: IceSettings; readonly codecs: readonly string[]; readonly ear: Ear },
  ): Promise<void> {
    await this.ready;
    if (this.over) throw this.over;
    this.#ears.set(leg, ear);
    this.send({ do: 'open', leg, ice, codecs });
  }

  send(command: PeerCommand): void {
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }

  /** Sends a command that is answered. Throws what the call throws there. */
  ask<Answer>(make: (ask: number) => PeerCommand): Promise<Answer> {
    const ask = ++this.#asks;
    const asked = Promise.withResolvers<Answer>();
    if (this.over) asked.reject(this.over);
    else this.#asked.set(ask, asked);
    this.send(make(ask));
    return asked.promise;
  }

  close(leg: number): void {
    this.#ears.delete(leg);
    this.send({ do: 'close', leg });
  }

  #told(told: Exclude<PeerTold, { tell: 'ready' | 'over' }>): void {
    switch (told.tell) {
      case 'described':
        this.#taken(told.ask)?.resolve(told.sdp as never);
        return;
      case 'pressed':
        this.#taken(told.ask)?.resolve(told.tones as never);
        return;
      case 'refused': {
        const { fault, why } = told;
        this.#taken(told.ask)?.reject(fault ? new IceError(fault, why) : new Error(why));
        return;
      }
      case 'heard':
        this.#ears.get(told.leg)?.heard(told.samples);
        return;
      case 'figures':
        this.#ears.get(told.leg)?.figures(told.figures);
        return;
      case 'connected':
        this.#ears.get(told.leg)?.connected();
        return;
      case 'trouble':
        this.#ears.get(told.leg)?.trouble(told.why);
        return;
    }
    told satisfies never;
  }

  #taken(ask: number): Asked | undefined {
    const asked = this.#asked.get(ask);
    this.#asked.delete(ask);
    return asked;
  }

  #end(error: Error): void {
    if (this.over) return;
    this.over = error;
    for (const ear of this.#ears.values()) ear.trouble(error.message);
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

export interface PeerCallOptions extends IceSettings {
  readonly leg: number;
  readonly host: string;
  /** In order of liking. */
  readonly codecs: readonly string[];
}

/**
 * A call whose packets libwebrtc makes, by itself or within a browser: between it and a stream go packets of 16-bit samples that exist in this machine
 * alone. What the real ones were like, libwebrtc says.
 */
export class PeerWire {
  readonly pair: PortPair;
  readonly #process: PeerProcess;
  readonly #leg: number;
  readonly #wire: Wire;
  #n = 0;
  #sends = false;
  #wake = (_sends: boolean) => {};
  figures: PeerFigures | undefined;
  /** From when on packets find a way. */
  ready = false;

  private constructor(process: PeerProcess, leg: number, host: string) {
    this.#process = process;
    this.#leg = leg;
    this.#wire = new Wire(host, async (bytes) => {
      const packet = readRtp(bytes);
      if (packet?.payloadType === linear.payload)
        this.#process.send({ do: 'say', leg, samples: linear.decode(packet.payload) });
    });
    const rtcp = new Wire(host, async () => undefined);
    this.pair = { rtp: this.#wire.socket, rtcp: rtcp.socket, port: this.#wire.address().port };
  }

  static async open(
    process: PeerProcess,
    { leg, host, codecs, servers, policy = 'all' }: PeerCallOptions,
  ): Promise<PeerWire> {
    const wire = new PeerWire(process, leg, host);
    const ear: Ear = {
      heard: (samples) => wire.#heard(samples),
      figures: (figures) => {
        wire.figures = figures;
      },
      connected: () => {
        wire.ready = true;
      },
      trouble: (why) => wire.#wire.emit('error', new Error(why)),
    };
    await process.open(leg, { ice: { servers, policy }, codecs, ear });
    return wire;
  }

  offer(): Promise<string> {
    return this.#process.ask((ask) => ({ do: 'describe', leg: this.#leg, ask }));
  }

  answer(offer: string): Promise<string> {
    return this.#process.ask((ask) => ({ do: 'describe', leg: this.#leg, ask, offer }));
  }

  /** Whether sound of ours leaves from now on. */
  directed(direction: Direction): void {
    this.#sends = sends(direction);
    if (this.#sends) this.#wake(true);
  }

  /**
   * Keys by telephone-event, which go with the sound: on hold they wait for it, since a browser swallows them there. Times are of the
   * clock that is given. Throws Error where none can be sent.
   */
  async press({ keys, ms, gapMs }: Presses, now: () => number): Promise<readonly PressedKey[]> {
    const goes =
      this.#sends ||
      (await new Promise<boolean>((wake) => {
        this.#wake = wake;
      }));
    if (!goes) return [];
    const at = now();
    const leg = this.#leg;
    const tones = await this.#process.ask<readonly Tone[]>((ask) => ({ do: 'press', leg, ask, keys, ms, gapMs }));
    return tones.map(({ key, from, to }) => ({ key, at: at + from, end: at + to }));
  }

  stopPressing(): void {
    this.#wake(false);
    this.#process.send({ do: 'stop-pressing', leg: this.#leg });
  }

  async accept(answer: string): Promise<void> {
    this.#process.send({ do: 'accept', leg: this.#leg, answer });
  }

  async close(): Promise<void> {
    this.#process.close(this.#leg);
  }

  #heard(samples: Int16Array): void {
    const n = this.#n;
    this.#n += 1;
    const place = { sequence: n & 0xffff, timestamp: (n * samples.length) >>> 0, ssrc: 1 };
    this.#wire.came(
      writeRtp({ payloadType: linear.payload, marker: n === 0, ...place, payload: linear.encode(samples) }),
    );
  }
}
