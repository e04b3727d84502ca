import { type FileHandle, open } from 'node:fs/promises';
import { wavHeader, wavHeaderLength } from '../evidence/wav.ts';

const perMs = 8;
const usual = 16_000;
/** After a stall of ours that much may come at once, in frames. */
const most = 8 * usual;
const settle = 700 * perMs;

/**
 * Both directions of a call in one WAV, left what we heard, right what we said, by one line of time from `startedAt`
 * on. Keeps two seconds in memory, more after a stall, writes what is older, and makes holes silent.
 */
export class Recorder {
  readonly path: string;
  readonly startedAt: number;
  readonly #file: FileHandle;
  #frames = usual;
  #ring = new Int16Array(usual * 2);
  #written = 0;
  #last = 0;
  #offset: number | undefined;
  #dropped = 0;
  #busy: Promise<void> = Promise.resolve();
  #writing = false;
  #error: Error | undefined;

  private constructor(path: string, startedAt: number, file: FileHandle) {
    this.path = path;
    this.startedAt = startedAt;
    this.#file = file;
  }

  static async open(path: string, startedAt: number): Promise<Recorder> {
    const file = await open(path, 'w');
    await file.write(wavHeader(8000, 2), 0, wavHeaderLength, 0);
    return new Recorder(path, startedAt, file);
  }

  /** Samples that had no room: the disk was too slow. */
  get dropped(): number {
    return this.#dropped;
  }
  get error(): Error | undefined {
    return this.#error;
  }

  /** `position` runs on one line of its own; it is laid on the file's line once, and again when they drift apart. */
  heard(position: number, at: number, samples: Int16Array): void {
    const frame = this.#frameOf(at);
    if (this.#offset === undefined || Math.abs(frame - position - this.#offset) > 40 * perMs)
      this.#offset = frame - position;
    this.#put(position + this.#offset, samples, 0);
  }

  said(at: number, samples: Int16Array): void {
    this.#put(this.#frameOf(at), samples, 1);
  }

  /** Writes what is old enough to be complete; at most one write is on its way. */
  flush(now: number): void {
    const until = Math.min(this.#frameOf(now) - settle, this.#written + this.#frames);
    if (this.#writing || until <= this.#written) return;
    this.#writing = true;
    this.#busy = this.#write(until).finally(() => {
      this.#writing = false;
    });
  }

  async close(now: number): Promise<void> {
    await this.#busy;
    const end = Math.max(this.#last, Math.min(this.#frameOf(now), this.#written + this.#frames));
    while (this.#written < end && !this.#error) await this.#write(Math.min(end, this.#written + this.#frames));
    try {
      await this.#file.write(wavHeader(8000, 2, this.#written * 4), 0, wavHeaderLength, 0);
    } finally {
      await this.#file.close();
    }
  }

  #frameOf(at: number): number {
    return Math.round((at - this.startedAt) * perMs);
  }

  #put(first: number, samples: Int16Array, side: 0 | 1): void {
    while (first + samples.length > this.#written + this.#frames && this.#frames < most) this.#grow();
    for (let n = 0; n < samples.length; n++) {
      const frame = first + n;
      const sample = samples[n]!;
      if (frame < this.#written || frame >= this.#written + this.#frames) {
        this.#dropped += sample === 0 ? 0 : 1;
        continue;
      }
      this.#ring[(frame % this.#frames) * 2 + side] = sample;
      this.#last = Math.max(this.#last, frame + 1);
    }
  }

  #grow(): void {
    const larger = new Int16Array(this.#ring.length * 2);
    for (let frame = this.#written; frame < this.#written + this.#frames; frame++) {
      const from = (frame % this.#frames) * 2;
      larger.set(this.#ring.subarray(from, from + 2), (frame % (2 * this.#frames)) * 2);
    }
    this.#frames *= 2;
    this.#ring = larger;
  }

  async #write(until: number): Promise<void> {
    const first = this.#written;
    const bytes = new Int16Array((until - first) * 2);
    for (let n = 0; n < until - first; n++) {
      const at = ((first + n) % this.#frames) * 2;
      bytes[n * 2] = this.#ring[at]!;
      bytes[n * 2 + 1] = this.#ring[at + 1]!;
      this.#ring[at] = 0;
      this.#ring[at + 1] = 0;
    }
    this.#written = until;
    try {
      await this.#file.write(new Uint8Array(bytes.buffer), 0, bytes.byteLength, wavHeaderLength + first * 4);
    } catch (error) {
      this.#error ??= error as Error;
    }
  }
}
