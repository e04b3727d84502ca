import type { TheirView } from './leg-event.ts';
import type { Reception } from './reception.ts';
import { ntpMiddle, type ReportBlock, type RtcpPacket, readRtcp, roundTrip, writeRtcp } from './rtcp.ts';

export interface OurSide {
  readonly ssrc: number;
  readonly packets: number;
  readonly octets: number;
  /** Of our RTP clock. */
  readonly unitsPerMs: number;
  timestampAt(at: number): number;
}

const first = 2500;
const interval = 5000;

/** Both directions of RTCP for one call: when to report, what to say, and what the peer's reports mean. */
export class Reports {
  readonly #name: string;
  #next: number;
  #draw: number;
  #sender: { readonly ssrc: number; readonly middle: number; readonly at: number } | undefined;
  #roundTrip: number | undefined;
  #theirs: TheirView | undefined;
  #left = false;

  constructor(name: string, now: number, seed: number) {
    this.#name = name;
    this.#draw = seed >>> 0;
    this.#next = now + first;
  }

  get roundTrip(): number | undefined {
    return this.#roundTrip;
  }
  get theirs(): TheirView | undefined {
    return this.#theirs;
  }

  /** The peer said BYE: told once. */
  hear(bytes: Uint8Array, at: number, our: OurSide): 'left' | undefined {
    let left = false;
    for (const packet of readRtcp(bytes)) {
      if (packet.type === 'bye') left = true;
      if (packet.type === 'sender') this.#sender = { ssrc: packet.ssrc, middle: ntpMiddle(packet.at), at };
      if (packet.type !== 'sender' && packet.type !== 'receiver') continue;
      const report = packet.reports.find(({ ssrc }) => ssrc === our.ssrc);
      if (!report) continue;
      this.#roundTrip = roundTrip(at, report) ?? this.#roundTrip;
      const loss = our.packets === 0 ? 0 : Math.max(0, Math.min(1, report.lost / our.packets));
      this.#theirs = { lost: report.lost, loss, jitter: report.jitter / our.unitsPerMs, at };
    }
    if (!left || this.#left) return undefined;
    this.#left = true;
    return 'left';
  }

  /** A compound packet when one is due: every 5 s, give or take half (RFC 3550 §6.2, A.7), the first after 2.5 s. */
  due(now: number, our: () => OurSide, source: Reception | undefined): Uint8Array | undefined {
    if (now < this.#next) return undefined;
    this.#draw = (Math.imul(this.#draw, 1_664_525) + 1_013_904_223) >>> 0;
    this.#next = now + interval * (0.5 + this.#draw / 2 ** 32);
    return this.write(now, our(), source);
  }

  write(now: number, our: OurSide, source: Reception | undefined, bye = false): Uint8Array {
    const reports = source ? [this.#report(now, source)] : [];
    const { ssrc, packets, octets } = our;
    const report: RtcpPacket =
      packets > 0
        ? { type: 'sender', ssrc, at: now, timestamp: our.timestampAt(now), packets, octets, reports }
        : { type: 'receiver', ssrc, reports };
    return writeRtcp([
      report,
      { type: 'name', ssrc, name: this.#name },
      ...(bye ? [{ type: 'bye', ssrcs: [ssrc] } as const] : []),
    ]);
  }

  #report(now: number, source: Reception): ReportBlock {
    const sender = this.#sender?.ssrc === source.ssrc ? this.#sender : undefined;
    return {
      ssrc: source.ssrc,
      ...source.report(),
      highest: source.highest,
      jitter: source.jitterUnits,
      lastSenderReport: sender?.middle ?? 0,
      delaySinceSenderReport: sender ? Math.round(((now - sender.at) / 1000) * 65_536) >>> 0 : 0,
    };
  }
}
