import { isIPv6 } from 'node:net';

export interface PcapAddress {
  readonly host: string;
  readonly port: number;
}

/** One datagram; `at` in epoch ms. */
export interface PcapPacket {
  readonly at: number;
  readonly from: PcapAddress;
  readonly to: PcapAddress;
  readonly payload: Uint8Array;
}

/** Packets begin with their IP header (LINKTYPE_RAW). */
const raw = 101;

/** A capture in the classic format of pcap, microseconds, as tcpdump and Wireshark read it. Each datagram gets an IP and a UDP header made for it. */
export function writePcap(packets: readonly PcapPacket[]): Uint8Array {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(raw, 20);
  return Buffer.concat([head, ...packets.flatMap(record)]);
}

function record({ at, from, to, payload }: PcapPacket): Buffer[] {
  const headers = isIPv6(from.host) ? ip6(from, to, payload.length) : ip4(from, to, payload.length);
  const length = headers.length + payload.length;
  const head = Buffer.alloc(16);
  head.writeUInt32LE(Math.floor(at / 1000), 0);
  head.writeUInt32LE(Math.floor((at % 1000) * 1000), 4);
  head.writeUInt32LE(length, 8);
  head.writeUInt32LE(length, 12);
  return [head, headers, Buffer.from(payload)];
}

function udp(from: PcapAddress, to: PcapAddress, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(from.port, 0);
  bytes.writeUInt16BE(to.port, 2);
  bytes.writeUInt16BE(8 + length, 4);
  return bytes;
}

function ip4(from: PcapAddress, to: PcapAddress, length: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt8(0x45, 0);
  bytes.writeUInt16BE(28 + length, 2);
  bytes.writeUInt8(64, 8);
  bytes.writeUInt8(17, 9);
  for (const [at, { host }] of [
    [12, from],
    [16, to],
  ] as const)
    for (const [n, part] of host.split('.').slice(0, 4).entries()) bytes.writeUInt8(Number(part) & 0xff, at + n);
  let sum = 0;
  for (let n = 0; n < 20; n += 2) sum += bytes.readUInt16BE(n);
  bytes.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 10);
  return Buffer.concat([bytes, udp(from, to, length)]);
}

function ip6(from: PcapAddress, to: PcapAddress, length: number): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt8(0x60, 0);
  bytes.writeUInt16BE(8 + length, 4);
  bytes.writeUInt8(17, 6);
  bytes.writeUInt8(64, 7);
  groups(from.host).forEach((group, n) => void bytes.writeUInt16BE(group, 8 + 2 * n));
  groups(to.host).forEach((group, n) => void bytes.writeUInt16BE(group, 24 + 2 * n));
  return Buffer.concat([bytes, udp(from, to, length)]);
}

/** The eight groups of an IPv6 address. */
function groups(host: string): readonly number[] {
  const [left = '', right] = host.split('%')[0]!.split('::');
  const read = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16) || 0));
  const [first, last] = [read(left), read(right ?? '')];
  const gap = right === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: Math.max(0, gap) }, () => 0), ...last].slice(0, 8);
}
