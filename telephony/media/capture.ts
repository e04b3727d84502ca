/** One packet of RTP or RTCP as it was before it was sealed, or after it was opened. */
export interface CapturedPacket {
  readonly at: number;
  readonly direction: 'in' | 'out';
  readonly host: string;
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** Half an hour of both directions; a longer call keeps its beginning. */
const most = 180_000;

/** Keeps the packets of one call, for a pcap that is written when it has ended. */
export class Capture {
  readonly packets: CapturedPacket[] = [];

  add(
    direction: 'in' | 'out',
    at: number,
    { host, port, bytes }: Pick<CapturedPacket, 'host' | 'port' | 'bytes'>,
  ): void {
    // A buffer of the socket is used again: what is kept is a copy.
    if (this.packets.length < most) this.packets.push({ at, direction, host, port, bytes: bytes.slice() });
  }
}
