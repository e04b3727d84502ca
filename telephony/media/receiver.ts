import { DigitReader, type HeardDigit, readTelephoneEvent } from './digits.ts';
import type { G711 } from './g711.ts';
import { HeardAudio, type HeardPiece } from './heard.ts';
import { Reception, type ReceptionFigures } from './reception.ts';
import { type RtpPacket, timestampDistance } from './rtp.ts';

/** What payload numbers mean at the moment. */
export interface Meaning {
  law(payloadType: number): G711 | undefined;
  readonly digits: number | undefined;
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
  readonly start: number;
  readonly origin: number;
  lastAt: number;
  /** Least (arrival − position) of this and the last stretch, ms from the time line's zero: the fastest way here. */
  least: number;
  leastBefore: number;
  since: number;
}

const nothing: Heard = { pieces: [], digits: [] };
const perMs = 8;
const rate = 8000;
const stretch = 10_000;
/** More does not fit a packet of any network that carries calls. */
const mostBytes = 2000;

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
    const isDigit = packet.payloadType === meaning.digits;
    const law = meaning.law(packet.payloadType);
    if ((!isDigit && !law) || packet.payload.length > mostBytes) {
      this.#unknown += 1;
      return nothing;
    }
    const changed = this.#sourceOf(packet, at);
    if (changed === undefined) {
      this.#strays += 1;
      return nothing;
    }
    const source = this.#source!;
    let arrival = source.reception.packet(packet.sequence, at, isDigit ? undefined : packet.timestamp);
    if (arrival === 'restart') {
      this.#begin(packet, at);
      arrival = this.#source!.reception.packet(packet.sequence, at, isDigit ? undefined : packet.timestamp);
    } else if (arrival === 'duplicate' || arrival === 'stray') {
      this.#strays += arrival === 'stray' ? 1 : 0;
      return nothing;
    }
    this.#packets += 1;
    this.#octets += packet.payload.length;
    this.#firstAt ??= at;
    this.#lastAt = at;
    this.#source!.lastAt = at;
    if (isDigit) return this.#digit(packet, at, changed);
    return { pieces: this.#sound(packet, at, law!), digits: [], changed };
  }

  /** Time goes on without packets: fills what is overdue with silence, ends digits whose end was lost. */
  idle(now: number): Heard {
    const source = this.#source;
    if (!source) return nothing;
    const wait = Math.max(60, Math.min(200, 40 + (4 * source.reception.jitterUnits) / perMs));
    const overdue = this.positionOf(now - wait - 20);
    const pieces = overdue > this.audio.settled ? this.audio.passed(overdue) : [];
    return { pieces, digits: source.reader.idle(now) };
  }

  /** True when this packet opened a source, undefined when it belongs to one that was left behind. */
  #sourceOf({ ssrc, timestamp }: RtpPacket, at: number): boolean | undefined {
    const source = this.#source;
    if (source?.reception.ssrc === ssrc) return false;
    if (source && this.#former.has(ssrc) && at - source.lastAt < 200) return undefined;
    const changed = source !== undefined;
    this.#begin({ ssrc, timestamp }, at);
    return changed;
  }

  #begin({ ssrc, timestamp }: { ssrc: number; timestamp: number }, at: number): void {
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
      reception: new Reception(ssrc, rate),
      reader: new DigitReader(rate, 20),
      start,
      origin: timestamp,
      lastAt: at,
      least: Number.POSITIVE_INFINITY,
      leastBefore: Number.POSITIVE_INFINITY,
      since: at,
    };
  }

  #sound(packet: RtpPacket, at: number, law: G711): readonly HeardPiece[] {
    const source = this.#source!;
    const position = source.start + timestampDistance(source.origin, packet.timestamp);
    const transit = at - this.#zero! - position / perMs;
    // A timestamp far from the clock would let one packet fill an hour with silence.
    if (Math.abs(transit - this.#fastest(transit)) > 5000) {
      this.#begin(packet, at);
      this.#source!.reception.packet(packet.sequence, at, packet.timestamp);
      return this.#sound(packet, at, law);
    }
    if (at - source.since > stretch) {
      source.leastBefore = source.least;
      source.least = Number.POSITIVE_INFINITY;
      source.since = at;
    }
    source.least = Math.min(source.least, transit);
    return position < 0 ? [] : this.audio.put(position, law.decode(packet.payload));
  }

  #fastest(otherwise: number): number {
    const least = Math.min(this.#source!.least, this.#source!.leastBefore);
    return Number.isFinite(least) ? least : otherwise;
  }

  #digit(packet: RtpPacket, at: number, changed: boolean): Heard {
    const event = readTelephoneEvent(packet.payload);
    return { pieces: [], digits: event ? this.#source!.reader.packet(event, packet.timestamp, at) : [], changed };
  }
}

/** Several sources of one call as one; jitter is that of the newest, or the mean and the worst of all. */
function merge(all: readonly ReceptionFigures[]): ReceptionFigures {
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
