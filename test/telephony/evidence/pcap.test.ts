import { expect, test } from 'vitest';
import { writePcap } from '../../../telephony/evidence/pcap.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const payload = Uint8Array.of(1, 2, 3);

test('a datagram has its time in microseconds and headers with the right lengths and checksum', () => {
  const from = { host: '192.168.0.1', port: 5060 };
  const file = writePcap([{ at: 1_700_000_000_123.5, from, to: { host: '192.168.0.199', port: 4000 }, payload }]);
  expect(hex(file.subarray(0, 24))).toBe('d4c3b2a1020004000000000000000000ffff000065000000');
  expect(hex(file.subarray(24, 40))).toBe('00f153656ce201001f0000001f000000');
  expect(hex(file.subarray(40, 60))).toBe('4500001f000000004011f8b5c0a80001c0a800c7');
  expect(hex(file.subarray(60))).toBe('13c40fa0000b0000010203');
});

test('IPv6 addresses are spelt out, and no call is an empty file', () => {
  const file = writePcap([{ at: 0, from: { host: '2001:db8::1', port: 1 }, to: { host: '::1', port: 2 }, payload }]);
  expect(hex(file.subarray(40, 80))).toBe(
    '60000000000b114020010db800000000000000000000000100000000000000000000000000000001',
  );
  expect(writePcap([])).toHaveLength(24);
});
