import { expect, test } from 'vitest';
import { isRtcp, readRtp, sequenceDistance, timestampDistance, writeRtp } from '../../../telephony/media/rtp.ts';

const packet = {
  payloadType: 8,
  marker: true,
  sequence: 65_535,
  timestamp: 4_294_967_295,
  ssrc: 0xdeadbeef,
  payload: Uint8Array.of(1, 2, 3),
};

test('a packet reads back as written, bit for bit where RFC 3550 puts them', () => {
  const bytes = writeRtp(packet);
  expect(Buffer.from(bytes).toString('hex')).toBe('8088ffffffffffffdeadbeef010203');
  expect(readRtp(bytes)).toEqual({ ...packet, payload: Buffer.from(packet.payload) });
});

test('sources, extension and padding are stepped over', () => {
  const bytes = Buffer.from('b2000001000000020000000311111111222222220000000155555555aabb0003', 'hex');
  expect(readRtp(bytes)?.payload).toEqual(Buffer.from('aa', 'hex'));
});

test.each([
  ['nothing', ''],
  ['eleven bytes', '8000000100000002000000'],
  ['version 1', '400000010000000200000003'],
  ['more sources than bytes', '8f0000010000000200000003'],
  ['an extension beyond the end', '90000001000000020000000300000009'],
  ['an extension without its head', '900000010000000200000003'],
  ['padding of 0', 'a00000010000000200000003aa00'],
  ['padding beyond the start', 'a00000010000000200000003aaff'],
])('%s is no packet', (_, hex) => {
  expect(readRtp(Buffer.from(hex, 'hex'))).toBeUndefined();
});

test('RTCP on the same port is told by its type', () => {
  expect(isRtcp(Buffer.from('81c80006deadbeef', 'hex'))).toBe(true);
  expect(isRtcp(writeRtp(packet))).toBe(false);
});

test('distances wrap', () => {
  expect(sequenceDistance(65_534, 3)).toBe(5);
  expect(sequenceDistance(3, 65_534)).toBe(-5);
  expect(timestampDistance(4_294_967_290, 154)).toBe(160);
  expect(timestampDistance(154, 4_294_967_290)).toBe(-160);
});
