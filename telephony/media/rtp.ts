/** One RTP packet (RFC 3550 §5.1). `sequence` is 16, `timestamp` and `ssrc` are 32 bits, unsigned. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** A view into what was read, without padding. */
  readonly payload: Uint8Array;
}

/** Multiplexed on one port, RTCP has 64-95 in these seven bits (RFC 5761 §4). */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = (bytes[1] ?? 0) & 0x7f;
  return bytes.length >= 8 && bytes[0]! >> 6 === 2 && type >= 64 && type <= 95;
}

/** Nothing when the bytes are no RTP: other version, header, extension or padding beyond the end. */
export function readRtp(bytes: Uint8Array): RtpPacket | undefined {
  if (bytes.length < 12 || bytes[0]! >> 6 !== 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 12 + (bytes[0]! & 0x0f) * 4;
  if (bytes[0]! & 0x10) {
    if (start + 4 > bytes.length) return undefined;
    start += 4 + view.getUint16(start + 2) * 4;
  }
  let end = bytes.length;
  if (bytes[0]! & 0x20) {
    const padding = bytes[end - 1]!;
    if (padding === 0) return undefined;
    end -= padding;
  }
  if (start > end) return undefined;
  return {
    payloadType: bytes[1]! & 0x7f,
    marker: (bytes[1]! & 0x80) !== 0,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: bytes.subarray(start, end),
  };
}

/** A fresh buffer: one that was given to a socket must not be touched before it has gone. */
export function writeRtp({ payloadType, marker, sequence, timestamp, ssrc, payload }: RtpPacket): Uint8Array {
  const bytes = new Uint8Array(12 + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x80;
  bytes[1] = (payloadType & 0x7f) | (marker ? 0x80 : 0);
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, timestamp >>> 0);
  view.setUint32(8, ssrc >>> 0);
  bytes.set(payload, 12);
  return bytes;
}

/** How far `to` is ahead of `from` on a 32-bit circle; negative when behind. */
export const timestampDistance = (from: number, to: number): number => (to - from) | 0;

/** The same for 16-bit sequence numbers. */
export const sequenceDistance = (from: number, to: number): number => ((to - from) << 16) >> 16;
