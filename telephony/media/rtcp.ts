/** What a receiver says of one source (RFC 3550 §6.4.1). Times are the middle 32 bits of NTP, or 0 for none. */
export interface ReportBlock {
  readonly ssrc: number;
  /** Share of packets lost since the last report, 0-255 of 256. */
  readonly fractionLost: number;
  /** Signed, 24 bits: duplicates may make it negative. */
  readonly lost: number;
  readonly highest: number;
  /** Timestamp units. */
  readonly jitter: number;
  readonly lastSenderReport: number;
  /** Units of 1/65536 s. */
  readonly delaySinceSenderReport: number;
}

export type RtcpPacket =
  | {
      readonly type: 'sender';
      readonly ssrc: number;
      /** Epoch ms. */
      readonly at: number;
      readonly timestamp: number;
      readonly packets: number;
      readonly octets: number;
      readonly reports: readonly ReportBlock[];
    }
  | { readonly type: 'receiver'; readonly ssrc: number; readonly reports: readonly ReportBlock[] }
  | { readonly type: 'name'; readonly ssrc: number; readonly name: string }
  | { readonly type: 'bye'; readonly ssrcs: readonly number[] };

const from1900 = 2_208_988_800;

/** Middle 32 bits of NTP time; by multiplication, since shifts overflow here. */
export function ntpMiddle(at: number): number {
  const seconds = at / 1000 + from1900;
  return Math.floor((seconds % 65_536) * 65_536) >>> 0;
}

/** RFC 3550 §6.4.1: now − LSR − DLSR, in ms; nothing while the peer has not heard a report of ours. */
export function roundTrip(now: number, report: ReportBlock): number | undefined {
  if (report.lastSenderReport === 0) return undefined;
  const units = (ntpMiddle(now) - report.lastSenderReport - report.delaySinceSenderReport) | 0;
  return units < 0 ? 0 : (units * 1000) / 65_536;
}

/** A compound packet (RFC 3550 §6.1); the report must come first, as the caller orders it. */
export function writeRtcp(packets: readonly RtcpPacket[]): Uint8Array {
  const parts = packets.map(writeOne);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Reads what it knows of a compound packet, skips the rest, stops at the first part whose length lies. */
export function readRtcp(bytes: Uint8Array): readonly RtcpPacket[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: RtcpPacket[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + view.getUint16(at + 2) * 4;
    if (bytes[at]! >> 6 !== 2 || end > bytes.length) break;
    const part = new DataView(bytes.buffer, bytes.byteOffset + at, end - at);
    const one = readOne(part);
    if (one) found.push(one);
    at = end;
  }
  return found;
}

function readOne(view: DataView): RtcpPacket | undefined {
  const count = view.getUint8(0) & 0x1f;
  const type = view.getUint8(1);
  if (type === 203) {
    const ssrcs = Array.from({ length: Math.min(count, view.byteLength / 4 - 1) }, (_, n) => view.getUint32(4 + n * 4));
    return { type: 'bye', ssrcs };
  }
  if (view.byteLength < 8) return undefined;
  const ssrc = view.getUint32(4);
  if (type === 201) return { type: 'receiver', ssrc, reports: readReports(view, 8, count) };
  if (type === 200 && view.byteLength >= 28) {
    const at = (view.getUint32(8) - from1900 + view.getUint32(12) / 2 ** 32) * 1000;
    const sent = { timestamp: view.getUint32(16), packets: view.getUint32(20), octets: view.getUint32(24) };
    return { type: 'sender', ssrc, at, ...sent, reports: readReports(view, 28, count) };
  }
  if (type === 202 && view.byteLength >= 10 && view.getUint8(8) === 1) {
    const length = Math.min(view.getUint8(9), view.byteLength - 10);
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + 10, length));
    return { type: 'name', ssrc, name };
  }
  return undefined;
}

function readReports(view: DataView, from: number, count: number): ReportBlock[] {
  const fit = Math.min(count, Math.floor((view.byteLength - from) / 24));
  return Array.from({ length: fit }, (_, n) => {
    const at = from + n * 24;
    return {
      ssrc: view.getUint32(at),
      fractionLost: view.getUint8(at + 4),
      lost: (view.getUint32(at + 4) << 8) >> 8,
      highest: view.getUint32(at + 8),
      jitter: view.getUint32(at + 12),
      lastSenderReport: view.getUint32(at + 16),
      delaySinceSenderReport: view.getUint32(at + 20),
    };
  });
}

function writeOne(packet: RtcpPacket): Uint8Array {
  switch (packet.type) {
    case 'sender': {
      const view = frame(200, packet.reports.length, 28 + packet.reports.length * 24);
      const seconds = packet.at / 1000 + from1900;
      view.setUint32(4, packet.ssrc);
      view.setUint32(8, Math.floor(seconds));
      view.setUint32(12, Math.floor((seconds % 1) * 2 ** 32));
      view.setUint32(16, packet.timestamp);
      view.setUint32(20, packet.packets);
      view.setUint32(24, packet.octets);
      writeReports(view, 28, packet.reports);
      return new Uint8Array(view.buffer);
    }
    case 'receiver': {
      const view = frame(201, packet.reports.length, 8 + packet.reports.length * 24);
      view.setUint32(4, packet.ssrc);
      writeReports(view, 8, packet.reports);
      return new Uint8Array(view.buffer);
    }
    case 'name': {
      const name = new TextEncoder().encode(packet.name).subarray(0, 255);
      const view = frame(202, 1, Math.ceil((10 + name.length + 1) / 4) * 4);
      view.setUint32(4, packet.ssrc);
      view.setUint8(8, 1);
      view.setUint8(9, name.length);
      const bytes = new Uint8Array(view.buffer);
      bytes.set(name, 10);
      return bytes;
    }
    case 'bye': {
      const view = frame(203, packet.ssrcs.length, 4 + packet.ssrcs.length * 4);
      for (const [n, ssrc] of packet.ssrcs.entries()) view.setUint32(4 + n * 4, ssrc);
      return new Uint8Array(view.buffer);
    }
  }
  packet satisfies never;
  return new Uint8Array();
}

function frame(type: number, count: number, length: number): DataView {
  const view = new DataView(new ArrayBuffer(length));
  view.setUint8(0, 0x80 | count);
  view.setUint8(1, type);
  view.setUint16(2, length / 4 - 1);
  return view;
}

function writeReports(view: DataView, from: number, reports: readonly ReportBlock[]): void {
  for (const [n, report] of reports.entries()) {
    const at = from + n * 24;
    view.setUint32(at, report.ssrc);
    view.setUint32(at + 4, report.lost & 0xffffff);
    view.setUint8(at + 4, report.fractionLost);
    view.setUint32(at + 8, report.highest);
    view.setUint32(at + 12, report.jitter);
    view.setUint32(at + 16, report.lastSenderReport);
    view.setUint32(at + 20, report.delaySinceSenderReport);
  }
}
