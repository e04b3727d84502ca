import { type ChildProcess, fork } from 'node:child_process';
import { IceError, type IceSettings } from './ice-servers.ts';
import { linear } from './linear.ts';
import type { PortPair } from './ports.ts';
import { readRtp, writeRtp } from './rtp.ts';
import { Wire } from './wire.ts';
import type { WrtcCommand, WrtcFigures, WrtcTold } from './wrtc-protocol.ts';

/** What a wire is told by the process. */
interface Ear {
  heard(samples: Int16Array): void;
  figures(figures: WrtcFigures): void;
  trouble(why: string): void;
}

const install = 'npm install @roamhq/wrtc';

/** The process with libwebrtc, for all calls of this thread: started with the first, ended with the last. */
export class WrtcProcess {
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;
  readonly #ears = new Map<number, Ear>();
  readonly #asked = new Map<number, PromiseWithResolvers<string>>();
  #asks = 0;
  /** Why it serves no longer. */
  over: Error | undefined;

  constructor() {
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    this.#child = fork(new URL(`./wrtc-child${extension}`, import.meta.url), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    const ready = Promise.withResolvers<void>();
    this.#ready = ready.promise;
    this.#ready.catch(() => undefined);
    this.#child.on('message', (told: WrtcTold) => {
      if (told.tell === 'ready') ready.resolve();
      else if (told.tell === 'missing') {
        this.over = missing(told.why);
        ready.reject(this.over);
        this.#child.disconnect();
      } else this.#told(told);
    });
    this.#child.on('exit', (code, signal) => {
      const error = new Error(`the process of engine wrtc ended (${signal ?? `exit code ${code}`})`);
      ready.reject(error);
      this.#end(error);
    });
  }

  /** Throws Error, with the line that installs it, when there is no libwebrtc here. */
  async open(leg: number, ice: IceSettings, ear: Ear): Promise<void> {
    await this.#ready;
    if (this.over) throw this.over;
    this.#ears.set(leg, ear);
    this.send({ do: 'open', leg, ice });
  }

  send(command: WrtcCommand): void {
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }

  describe(leg: number, offer?: string): Promise<string> {
    const ask = ++this.#asks;
    const asked = Promise.withResolvers<string>();
    if (this.over) asked.reject(this.over);
    else this.#asked.set(ask, asked);
    this.send({ do: 'describe', leg, ask, ...(offer === undefined ? {} : { offer }) });
    return asked.promise;
  }

  close(leg: number): void {
    this.#ears.delete(leg);
    this.send({ do: 'close', leg });
  }

  #told(told: Exclude<WrtcTold, { tell: 'ready' | 'missing' }>): void {
    switch (told.tell) {
      case 'described': {
        const asked = this.#asked.get(told.ask);
        this.#asked.delete(told.ask);
        const { fault, why } = told;
        if (told.sdp === undefined) asked?.reject(fault ? new IceError(fault, why ?? '') : new Error(why));
        else asked?.resolve(told.sdp);
        return;
      }
      case 'heard':
        this.#ears.get(told.leg)?.heard(told.samples);
        return;
      case 'figures':
        this.#ears.get(told.leg)?.figures(told.figures);
        return;
      case 'trouble':
        this.#ears.get(told.leg)?.trouble(told.why);
        return;
    }
    told satisfies never;
  }

  #end(error: Error): void {
    this.over ??= error;
    for (const ear of this.#ears.values()) ear.trouble(error.message);
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

function missing(why: string): Error {
  const [first = ''] = why.split('\n');
  return new Error(`engine wrtc needs the package @roamhq/wrtc, which cannot be loaded here (${first}): ${install}`);
}

/**
 * A call whose packets libwebrtc makes: between it and a stream go packets of 16-bit samples that exist in this machine
 * alone. What the real ones were like, libwebrtc says.
 */
export class WrtcWire {
  readonly pair: PortPair;
  readonly #process: WrtcProcess;
  readonly #leg: number;
  readonly #wire: Wire;
  #n = 0;
  figures: WrtcFigures | undefined;

  private constructor(process: WrtcProcess, leg: number, host: string) {
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
    process: WrtcProcess,
    { leg, host, servers, policy = 'all' }: { readonly leg: number; readonly host: string } & IceSettings,
  ): Promise<WrtcWire> {
    const wire = new WrtcWire(process, leg, host);
    await process.open(
      leg,
      { servers, policy },
      {
        heard: (samples) => wire.#heard(samples),
        figures: (figures) => {
          wire.figures = figures;
        },
        trouble: (why) => wire.#wire.emit('error', new Error(why)),
      },
    );
    return wire;
  }

  offer(): Promise<string> {
    return this.#process.describe(this.#leg);
  }

  answer(offer: string): Promise<string> {
    return this.#process.describe(this.#leg, offer);
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
