import type { MessagePort } from 'node:worker_threads';
import type { VoiceChange } from '../hearing/voice-activity.ts';
import type { HeardPiece } from './heard.ts';

/** Heard audio on its way to a listener, about 100 ms at a time, without gaps. */
export interface HeardChunk {
  /** Epoch ms at which its first sample was to be heard. */
  readonly at: number;
  readonly samples: Int16Array<ArrayBuffer>;
  /** Stretches of them that never came, from and to. */
  readonly holes: readonly (readonly [from: number, to: number])[];
  /** Speech that began, ended or was withdrawn since the chunk before, epoch ms. */
  readonly voice: readonly VoiceChange[];
}

const least = 800;

/** One listener's end in the worker. It begins with what is remembered. */
export class Tap {
  readonly #port: MessagePort;
  #pieces: HeardPiece[] = [];
  #length = 0;
  #voice: VoiceChange[] = [];

  constructor(port: MessagePort, gone: (tap: Tap) => void) {
    this.#port = port;
    port.on('close', () => gone(this));
    port.unref();
  }

  voice(change: VoiceChange): void {
    this.#voice.push(change);
  }

  hear(piece: HeardPiece, timeOf: (position: number) => number): void {
    this.#pieces.push(piece);
    this.#length += piece.samples.length;
    if (this.#length >= least) this.#pass(timeOf);
  }

  close(): void {
    this.#port.close();
  }

  #pass(timeOf: (position: number) => number): void {
    const samples = new Int16Array(this.#length);
    const holes: (readonly [number, number])[] = [];
    let at = 0;
    for (const piece of this.#pieces) {
      samples.set(piece.samples, at);
      if (piece.hole) holes.push([at, at + piece.samples.length]);
      at += piece.samples.length;
    }
    const chunk: HeardChunk = {
      at: timeOf(this.#pieces[0]!.position),
      samples,
      holes,
      voice: this.#voice,
    };
    this.#pieces = [];
    this.#length = 0;
    this.#voice = [];
    this.#port.postMessage(chunk, [samples.buffer]);
  }
}
