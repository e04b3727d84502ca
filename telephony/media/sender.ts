import type { Coder } from './coders.ts';
import type { DigitPacket } from './digits.ts';
import { digitPackets } from './digits.ts';
import type { AudioTarget } from './offer.ts';
import { writeRtp } from './rtp.ts';

/** Start values that RFC 3550 wants random; given, so that tests can fix them. */
export interface Seeds {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
}

export interface PlayEnd {
  /** When the first packet left, epoch ms; absent when none did. */
  readonly from?: number;
  /** When it was to leave by the clock of the stream: what a listener's line of time agrees with, however late a packet was. */
  readonly due?: number;
  /** When the sound of the last packet was over. */
  readonly to?: number;
  /** Something came in between: stop, another sound, the end of the call. */
  readonly cut: boolean;
}

interface Playing {
  readonly samples: Int16Array;
  readonly loop: boolean;
  readonly done: (end: PlayEnd) => void;
  position: number;
  from: number | undefined;
  due: number | undefined;
  to: number | undefined;
}

interface Pressing {
  readonly key: string;
  readonly packets: readonly DigitPacket[];
  readonly gap: number;
  n: number;
  timestamp: number;
  at: number;
}

export interface PressedKey {
  readonly key: string;
  readonly at: number;
  readonly end: number;
}

interface Presses {
  readonly keys: readonly string[];
  readonly ms: number;
  readonly gapMs: number;
  readonly done: (pressed: readonly PressedKey[]) => void;
  readonly pressed: PressedKey[];
  next: number;
  pause: number;
}

export interface SentFigures {
  readonly packets: number;
  readonly octets: number;
  /** Ticks that a stall of ours swallowed. */
  readonly skipped: number;
}

const perMs = 8;

/** The outgoing stream of one call: what packet leaves at a tick. Silence when nothing plays; the clock always runs. */
export class Sender {
  readonly ssrc: number;
  #sequence: number;
  #timestamp: number;
  /** Units of the RTP clock for each sample. */
  #stretch = 1;
  #start: number | undefined;
  #lastDue: number | undefined;
  #marker = true;
  #playing: Playing | undefined;
  #presses: Presses | undefined;
  #pressing: Pressing | undefined;
  #packets = 0;
  #octets = 0;
  #skipped = 0;
  #silence = new Int16Array(0);

  constructor({ ssrc, sequence, timestamp }: Seeds) {
    this.ssrc = ssrc >>> 0;
    this.#sequence = sequence & 0xffff;
    this.#timestamp = timestamp >>> 0;
  }

  get figures(): SentFigures {
    return { packets: this.#packets, octets: this.#octets, skipped: this.#skipped };
  }
  /** Units of the RTP clock in a ms. */
  get unitsPerMs(): number {
    return perMs * this.#stretch;
  }
  /** Timestamp that belongs to this moment (for sender reports). */
  timestampAt(at: number): number {
    return (this.#timestamp + Math.round((at - (this.#start ?? at)) * perMs * this.#stretch)) >>> 0;
  }

  play(samples: Int16Array, loop: boolean, done: (end: PlayEnd) => void): void {
    this.stop();
    this.#playing = { samples, loop, done, position: 0, from: undefined, due: undefined, to: undefined };
  }

  stop(): void {
    const playing = this.#playing;
    this.#playing = undefined;
    playing?.done({ from: playing.from, due: playing.due, to: playing.to, cut: true });
  }

  press(keys: string, times: { readonly ms: number; readonly gapMs: number }, done: Presses['done']): void {
    this.stopPressing();
    this.#presses = { keys: [...keys], ...times, done, pressed: [], next: 0, pause: 0 };
  }

  stopPressing(): void {
    const presses = this.#presses;
    this.#presses = undefined;
    this.#pressing = undefined;
    presses?.done(presses.pressed);
  }

  /** The packet of this tick and what it sounds like (not to be changed); nothing while the call is not to be talked on. */
  tick(
    due: number,
    now: number,
    target: AudioTarget & { readonly coder: Coder },
  ): { bytes: Uint8Array; samples?: Int16Array } {
    this.#start ??= due;
    if (target.coder.stretch !== this.#stretch) this.#changeClock(due, target.coder.stretch);
    if (this.#lastDue !== undefined && due - this.#lastDue > target.ptime * 1.5) {
      this.#skipped += Math.round((due - this.#lastDue) / target.ptime) - 1;
      this.#marker = true;
    }
    this.#lastDue = due;
    const timestamp = this.timestampAt(due);
    const samples = this.#sound(due, now, target.ptime);
    const digit = target.digits === undefined ? undefined : this.#digit(timestamp, now, target);
    if (digit) {
      const { packet, start } = digit;
      this.#marker = true;
      return { bytes: this.#packet(target.digits!, packet.marker, (start + packet.offset) >>> 0, packet.payload) };
    }
    const payload = target.coder.encode(samples);
    const marker = this.#marker;
    this.#marker = false;
    return { bytes: this.#packet(target.codec.payload, marker, timestamp, payload), samples };
  }

  /** The timestamp goes on from where the old clock stood, at the pace of the new one (RFC 7160 §4.1). */
  #changeClock(at: number, stretch: number): void {
    this.#timestamp = this.timestampAt(at);
    this.#start = at;
    this.#stretch = stretch;
    this.#marker = true;
  }

  #packet(payloadType: number, marker: boolean, timestamp: number, payload: Uint8Array): Uint8Array {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    this.#packets += 1;
    this.#octets += payload.length;
    return writeRtp({ payloadType, marker, sequence, timestamp, ssrc: this.ssrc, payload });
  }

  #sound(due: number, now: number, ptime: number): Int16Array {
    const units = ptime * perMs;
    if (this.#silence.length !== units) this.#silence = new Int16Array(units);
    const playing = this.#playing;
    if (!playing || playing.samples.length === 0) {
      if (playing) this.#ended();
      return this.#silence;
    }
    playing.from ??= now;
    playing.due ??= due;
    const end = playing.position + units;
    if (end < playing.samples.length) {
      const piece = playing.samples.subarray(playing.position, end);
      playing.position = end;
      playing.to = now + ptime;
      return piece;
    }
    const frame = new Int16Array(units);
    let filled = 0;
    while (filled < units) {
      const piece = playing.samples.subarray(playing.position, playing.position + units - filled);
      frame.set(piece, filled);
      filled += piece.length;
      playing.position += piece.length;
      if (playing.position < playing.samples.length) continue;
      if (!playing.loop) break;
      playing.position = 0;
    }
    playing.to = now + (filled / units) * ptime;
    if (!playing.loop && playing.position >= playing.samples.length) this.#ended();
    return frame;
  }

  #ended(): void {
    const playing = this.#playing!;
    this.#playing = undefined;
    playing.done({ from: playing.from, due: playing.due, to: playing.to, cut: false });
  }

  #digit(
    timestamp: number,
    now: number,
    { ptime, digitsRate = 8000 }: AudioTarget,
  ): { packet: DigitPacket; start: number } | undefined {
    const presses = this.#presses;
    if (!presses) return undefined;
    if (presses.pause > 0) {
      presses.pause -= ptime;
      return undefined;
    }
    if (!this.#pressing && !this.#nextKey(presses, timestamp, { now, ptime, unitsPerMs: digitsRate / 1000 }))
      return undefined;
    const pressing = this.#pressing!;
    const packet = pressing.packets[pressing.n]!;
    pressing.n += 1;
    if (pressing.n === pressing.packets.length) {
      this.#pressing = undefined;
      presses.pressed.push({ key: pressing.key, at: pressing.at, end: pressing.at + presses.ms });
      // The two repeats of the end already took two ticks of the gap.
      presses.pause = Math.max(presses.gapMs, 60) - 2 * ptime;
      if (presses.next === presses.keys.length) this.stopPressing();
    }
    return { packet, start: pressing.timestamp };
  }

  #nextKey(
    presses: Presses,
    timestamp: number,
    { now, ptime, unitsPerMs }: { now: number; ptime: number; unitsPerMs: number },
  ): boolean {
    const key = presses.keys[presses.next];
    if (key === undefined) {
      this.stopPressing();
      return false;
    }
    presses.next += 1;
    if (key === ',') {
      presses.pause = 500 - ptime;
      return false;
    }
    const packets = digitPackets(key, presses.ms * unitsPerMs, ptime * unitsPerMs);
    this.#pressing = { key, packets, gap: presses.gapMs, n: 0, timestamp, at: now };
    return true;
  }
}
