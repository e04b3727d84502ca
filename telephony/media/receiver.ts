import type { Coder } from './coders.ts';
import { DigitReader, type HeardDigit, readTelephoneEvent } from './digits.ts';
import { HeardAudio, type HeardPiece } from './heard.ts';
import { Reception, type ReceptionFigures } from './reception.ts';
import { type RtpPacket, timestampDistance } from './rtp.ts';

/** What payload numbers mean at the moment. */
export interface Meaning {
  coder(payloadType: number): Coder | undefined;
  /** RTP clock of telephone-event, when that is what it is. */
  digits(payloadType: number): number | undefined;
}

export interface Heard {
  readonly pieces: readonly HeardPiece[];
  readonly digits: readonly HeardDigit[];
  /** A new source took over: transfer, prompt server, re-INVITE. */
  readonly changed?: boolean;
}

interface Source {
  readonly reception: Reception;
  readonly reader: DigitReader;
  /** Position of timestamp `origin`. */
  start: number;
  readonly origin: number;
  /** Units of its clock for each sample of ours. */
  readonly stretch: number;
  lastAt: number;
  /** Least (arrival − position) of this and the last stretch, ms from the time line's zero: the fastest way here. */
  least: number;
  leastBefore: number;
  since: number;
  /** Packets in a row that came after their time, none much sooner than the last, and the soonest of them (as `least`). */
  behind: number;
  leastBehind: number;
  /** It said that it sends nothing while there is nothing to hear (comfort noise): no packets are no hole. */
  quiet: boolean;
}

const nothing: Heard = { pieces: [], digits: [] };
const perMs = 8;
const rate = 8000;
const stretch = 10_000;
/** So many packets that come after their time, none by so many ms sooner than the last, tell of a clock that stood still. */
const inARow = 10;
const sooner = 15;
/** More does not fit a packet of any network that carries calls. */
const mostBytes = 2000;
/** RFC 3389, at the number that RFC 3551 gives it. */
const comfortNoise = 13;

/** The incoming stream of one call: sources, statistics, digits, and audio on one line of time. */
export class Receiver {
  readonly audio: HeardAudio;
  #zero: number | undefined;
  #source: Source | undefined;
  readonly #former = new Set<number>();
  readonly #ended: ReceptionFigures[] = [];
  #packets = 0;
  #octets = 0;
  #strays = 0;
  #unknown = 0;
  #firstAt: number | undefined;
  #lastAt: number | undefined;

  constructor(rememberMs: number) {
    this.audio = new HeardAudio(rememberMs);
  }

  get packets(): number {
    return this.#packets;
  }
  get source(): Reception | undefined {
    return this.#source?.reception;
  }
  get figures() {
    const all = [...this.#ended, ...(this.#source ? [this.#source.reception.figures()] : [])];
    return {
      ...merge(all),
      packets: this.#packets,
      octets: this.#octets,
      strays: this.#strays,
      unknownPayloads: this.#unknown,
      late: this.audio.late,
      sources: all.length,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
    };
  }

  /** Epoch ms at which the sample at this position was there to be heard, by the fastest packets. */
  timeOf(position: number): number {
    const fastest = this.#source ? Math.min(this.#source.least, this.#source.leastBefore) : 0;
    return (this.#zero ?? 0) + position / perMs + (Number.isFinite(fastest) ? fastest : 0);
  }
  positionOf(at: number): number {
    return this.#zero === undefined ? 0 : Math.round((at - this.timeOf(0)) * perMs);
  }

  packet(packet: RtpPacket, at: number, meaning: Meaning): Heard {
    const digits = meaning.digits(packet.payloadType);
    const coder = digits === undefined ? meaning.coder(packet.payloadType) : undefined;
    const comfort = packet.payloadType === comfortNoise && !coder;
    if ((digits === undefined && !coder && !comfort) || packet.payload.length > mostBytes) {
      this.#unknown += 1;
      // Nobody hears it, and its number is not missing in the row.
      if (packet.ssrc === this.#source?.reception.ssrc) this.#source.reception.packet(packet.sequence, at);
      return nothing;
    }
    const stretch = coder?.stretch ?? (digits === undefined ? undefined : digits / rate);
    const changed = this.#sourceOf(packet, at, { stretch, sound: coder !== undefined });
    if (changed === undefined) {
      this.#strays += 1;
      return nothing;
    }
    // Other packets than those of sound say nothing about jitter: their timestamps repeat, or come when it pleases.
    const timestamp = coder ? packet.timestamp : undefined;
    let arrival = this.#source!.reception.packet(packet.sequence, at, timestamp);
    if (arrival === 'restart') {
      this.#begin(packet, at, this.#source!.stretch);
      arrival = this.#source!.reception.packet(packet.sequence, at, timestamp);
    } else if (arrival === 'duplicate' || arrival === 'stray') {
      this.#strays += arrival === 'stray' ? 1 : 0;
      return nothing;
    }
    this.#packets += 1;
    this.#octets += packet.payload.length;
    this.#firstAt ??= at;
    this.#lastAt = at;
    this.#source!.lastAt = at;
    if (digits !== undefined) return this.#digit(packet, at, { changed, rate: digits });
    this.#source!.quiet = comfort;
    return { pieces: coder ? this.#sound(packet, at, coder) : [], digits: [], changed };
  }

  /** Another address is named: who was left behind may be who is there, and is heard at once. */
  welcome(): void {
    this.#former.clear();
  }

  /** Time goes on without packets: fills what is overdue with silence, ends digits whose end was lost. */
  idle(now: number): Heard {
    const source = this.#source;
    if (!source) return nothing;
    const wait = Math.max(60, Math.min(200, 40 + 4 * source.reception.jitterMs));
    const overdue = this.positionOf(now - wait - 20);
    const pieces = overdue > this.audio.settled ? this.audio.passed(overdue, !source.quiet) : [];
    return { pieces, digits: source.reader.idle(now) };
  }

  /** True when this packet opened a source, undefined when it belongs to one that was left behind. */
  #sourceOf(
    { ssrc, timestamp }: RtpPacket,
    at: number,
    { stretch, sound }: { readonly stretch: number | undefined; readonly sound: boolean },
  ): boolean | undefined {
    const source = this.#source;
    const sameClock = !sound || source?.stretch === stretch;
    if (source?.reception.ssrc === ssrc && sameClock) return false;
    if (source && source.reception.ssrc !== ssrc && this.#former.has(ssrc) && at - source.lastAt < 200)
      return undefined;
    const changed = source !== undefined;
    this.#begin({ ssrc, timestamp }, at, stretch ?? source?.stretch ?? 1);
    return changed;
  }

  #begin({ ssrc, timestamp }: { ssrc: number; timestamp: number }, at: number, stretch: number): void {
    if (this.#source) {
      this.#former.add(this.#source.reception.ssrc);
      this.#ended.push(this.#source.reception.figures());
      if (this.#ended.length > 16) this.#ended.splice(0, 2, merge(this.#ended.slice(0, 2)));
      if (this.#former.size > 16) this.#former.delete(this.#former.values().next().value!);
    }
    this.#zero ??= at;
    this.#former.delete(ssrc);
    const start = Math.max(this.audio.end, Math.round((at - this.#zero) * perMs));
    this.#source = {
      reception: new Reception(ssrc, rate * stretch),
      reader: new DigitReader(20),
      start,
      stretch,
      quiet: false,
      origin: timestamp,
      lastAt: at,
      least: Number.POSITIVE_INFINITY,
      leastBefore: Number.POSITIVE_INFINITY,
      since: at,
      behind: 0,
      leastBehind: Number.POSITIVE_INFINITY,
    };
  }

  #sound(packet: RtpPacket, at: number, coder: Coder): readonly HeardPiece[] {
    const source = this.#source!;
    const position = source.start + Math.round(timestampDistance(source.origin, packet.timestamp) / source.stretch);
    const transit = at - this.#zero! - position / perMs;
    // A timestamp far from the clock would let one packet fill an hour with silence.
    if (Math.abs(transit - this.#fastest(transit)) > 5000) {
      this.#begin(packet, at, source.stretch);
      this.#source!.reception.packet(packet.sequence, at, packet.timestamp);
      return this.#sound(packet, at, coder);
    }
    if (at - source.since > stretch) {
      source.leastBefore = source.least;
      source.least = Number.POSITIVE_INFINITY;
      source.since = at;
    }
    source.least = Math.min(source.least, transit);
    if (position < 0) return [];
    try {
      const { late } = this.audio;
      const pieces = this.audio.put(position, coder.decode(packet.payload));
      this.#keepUp(source, transit, this.audio.late > late);
      return pieces;
    } catch {
      // No payload of this codec: it came, and holds nothing that can be heard.
      this.#unknown += 1;
      return [];
    }
  }

  /**
   * A clock that has stood still, as a browser's does on hold, leaves all behind that follows: its line of time is moved on. Packets of a
   * stalled network come late too, each sooner than the one before it, and then in time.
   */
  #keepUp(source: Source, transit: number, late: boolean): void {
    source.behind = !late ? 0 : transit < source.leastBehind - sooner ? 1 : source.behind + 1;
    source.leastBehind = late ? Math.min(source.leastBehind, transit) : Number.POSITIVE_INFINITY;
    if (source.behind < inARow) return;
    source.start += Math.round((source.leastBehind - this.#fastest(transit)) * perMs);
    source.behind = 0;
    source.leastBehind = Number.POSITIVE_INFINITY;
  }

  #fastest(otherwise: number): number {
    const least = Math.min(this.#source!.least, this.#source!.leastBefore);
    return Number.isFinite(least) ? least : otherwise;
  }

  #digit(packet: RtpPacket, at: number, { changed, rate }: { changed: boolean; rate: number }): Heard {
    const event = readTelephoneEvent(packet.payload);
    const { reader } = this.#source!;
    return {
      pieces: [],
      digits: event ? reader.packet(event, { timestamp: packet.timestamp, rate }, at) : [],
      changed,
    };
  }
}

/** Several sources of one call as one; jitter is that of the newest, or the mean and the worst of all. */
function merge(all: readonly ReceptionFigures[]): ReceptionFigures {
  const [only] = all;
  if (only && all.length === 1) return only;
  const sum = (pick: (one: ReceptionFigures) => number) => all.reduce((total, one) => total + pick(one), 0);
  const most = (pick: (one: ReceptionFigures) => number) => all.reduce((max, one) => Math.max(max, pick(one)), 0);
  const [expected, lost, bursts, received] = [
    sum((one) => one.expected),
    sum((one) => one.lost),
    sum((one) => one.bursts),
    sum((one) => one.received),
  ];
  const loss = expected === 0 ? 0 : lost / expected;
  return {
    received,
    expected,
    lost,
    loss,
    duplicates: sum((one) => one.duplicates),
    reordered: sum((one) => one.reordered),
    jitter: all.at(-1)?.jitter ?? 0,
    jitterMean: received === 0 ? 0 : sum((one) => one.jitterMean * one.received) / received,
    jitterMax: most((one) => one.jitterMax),
    largestGap: most((one) => one.largestGap),
    bursts,
    longestBurst: most((one) => one.longestBurst),
    burstRatio: bursts === 0 ? 1 : Math.max(1, (lost / bursts) * (1 - loss)),
  };
}
