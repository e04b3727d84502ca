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
  let start = 12 + (bytes[0]! & 0x0f) * 4;
  if (bytes[0]! & 0x10) {
    if (start + 4 > bytes.length) return undefined;
    start += 4 + word(bytes, start + 2) * 4;
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
    sequence: word(bytes, 2),
    timestamp: ((word(bytes, 4) << 16) | word(bytes, 6)) >>> 0,
    ssrc: ((word(bytes, 8) << 16) | word(bytes, 10)) >>> 0,
    payload: bytes.subarray(start, end),
  };
}

const word = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** A fresh buffer, of Node's pool that gives no byte twice: one that was given to a socket must not be touched before it has gone. */
export function writeRtp({ payloadType, marker, sequence, timestamp, ssrc, payload }: RtpPacket): Uint8Array {
  const bytes = Buffer.allocUnsafe(12 + payload.length);
  bytes[0] = 0x80;
  bytes[1] = (payloadType & 0x7f) | (marker ? 0x80 : 0);
  for (let n = 0; n < 4; n++) {
    bytes[4 + n] = timestamp >>> (24 - n * 8);
    bytes[8 + n] = ssrc >>> (24 - n * 8);
  }
  bytes[2] = sequence >> 8;
  bytes[3] = sequence;
  bytes.set(payload, 12);
  return bytes;
}

/** How far `to` is ahead of `from` on a 32-bit circle; negative when behind. */
export const timestampDistance = (from: number, to: number): number => (to - from) | 0;

/** The same for 16-bit sequence numbers. */
export const sequenceDistance = (from: number, to: number): number => ((to - from) << 16) >> 16;
