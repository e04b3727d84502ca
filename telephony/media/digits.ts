export const digitKeys = '0123456789*#ABCD';
export type Digit = string;

/** RFC 4733 §2.3: event, end bit, volume in −dBm0, duration in timestamp units. */
export interface TelephoneEvent {
  readonly event: number;
  readonly end: boolean;
  readonly volume: number;
  readonly duration: number;
}

export function readTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  if (payload.length < 4) return undefined;
  const [event, flags, high, low] = payload as unknown as [number, number, number, number];
  return { event, end: (flags & 0x80) !== 0, volume: flags & 0x3f, duration: (high << 8) | low };
}

export function writeTelephoneEvent({ event, end, volume, duration }: TelephoneEvent): Uint8Array {
  return Uint8Array.of(event, (end ? 0x80 : 0) | (volume & 0x3f), duration >> 8, duration & 0xff);
}

/** One packet of a digit on its way out. */
export interface DigitPacket {
  readonly payload: Uint8Array;
  readonly marker: boolean;
  /** Timestamp units from the start of the digit: not 0 for the later segments of a long one. */
  readonly offset: number;
}

/**
 * The packets of one digit, one a tick (RFC 4733 §2.5.1): updates with a growing duration, then the end three times,
 * never in one burst. Over 65,535 units the event goes on in segments (§2.5.1.3).
 */
export function digitPackets(key: Digit, units: number, perTick: number): readonly DigitPacket[] {
  const event = digitKeys.indexOf(key.toUpperCase());
  if (event < 0 || key.length !== 1) throw new RangeError(`"${key}" is no key of a phone`);
  const packets: DigitPacket[] = [];
  const longest = Math.floor(65_535 / perTick) * perTick;
  for (let offset = 0, left = units; left > 0; offset += longest, left -= longest) {
    const last = left <= longest;
    const segment = Math.min(left, longest);
    for (let duration = perTick; duration < segment; duration += perTick)
      packets.push(packet(event, { offset, duration, end: false, marker: packets.length === 0 }));
    const end = packet(event, { offset, duration: segment, end: last, marker: packets.length === 0 });
    packets.push(
      end,
      ...(last
        ? [
            { ...end, marker: false },
            { ...end, marker: false },
          ]
        : []),
    );
  }
  return packets;
}

function packet(
  event: number,
  { offset, duration, end, marker }: { offset: number; duration: number; end: boolean; marker: boolean },
): DigitPacket {
  return { payload: writeTelephoneEvent({ event, end, volume: 10, duration }), marker, offset };
}

export interface HeardDigit {
  readonly digit: Digit;
  /** Epoch ms of the packet that it began with. */
  readonly at: number;
  /** ms; by the duration that the packets told. */
  readonly ms: number;
}

interface Open {
  readonly digit: Digit;
  readonly timestamp: number;
  readonly rate: number;
  readonly at: number;
  /** Timestamp of the segment that is running. */
  segment: number;
  duration: number;
  seen: number;
}

/**
 * Digits out of telephone-event packets: one for each timestamp (RFC 4733 §2.5.2), whichever of its packets arrive.
 *
 *     idle ──packet──► open ──end bit | later timestamp | 3 updates missing──► told, timestamp remembered
 */
export class DigitReader {
  readonly #missing: number;
  #open: Open | undefined;
  #done: number | undefined;

  /** `tick` is the ms between two packets of the peer. */
  constructor(tick: number) {
    this.#missing = 3 * tick;
  }

  packet(
    event: TelephoneEvent,
    { timestamp, rate }: { readonly timestamp: number; readonly rate: number },
    at: number,
  ): readonly HeardDigit[] {
    const digit = digitKeys[event.event];
    if (digit === undefined || timestamp === this.#done) return [];
    const told =
      this.#open && this.#open.segment !== timestamp && !this.#continues(digit, timestamp) ? this.#tell() : [];
    if (this.#done !== undefined && ((timestamp - this.#done) | 0) <= 0) return told;
    this.#open ??= { digit, timestamp, rate, at, segment: timestamp, duration: 0, seen: at };
    const since = (timestamp - this.#open.timestamp) >>> 0;
    this.#open.duration = Math.max(this.#open.duration, since + event.duration);
    this.#open.segment = timestamp;
    this.#open.seen = at;
    return event.end ? [...told, ...this.#tell(timestamp)] : told;
  }

  /** A digit whose end packets were all lost. */
  idle(now: number): readonly HeardDigit[] {
    return this.#open && now - this.#open.seen > this.#missing ? this.#tell() : [];
  }

  /** The next segment of a long press starts where the full one ended. */
  #continues(digit: Digit, timestamp: number): boolean {
    const open = this.#open;
    return (
      open !== undefined &&
      open.digit === digit &&
      open.duration > 60_000 &&
      Math.abs(((timestamp - open.timestamp) | 0) - open.duration) <= (this.#missing * open.rate) / 1000
    );
  }

  #tell(timestamp = this.#open?.timestamp): readonly HeardDigit[] {
    if (!this.#open) return [];
    const { digit, at, duration, rate } = this.#open;
    this.#open = undefined;
    this.#done = timestamp;
    return [{ digit, at, ms: (duration / rate) * 1000 }];
  }
}
