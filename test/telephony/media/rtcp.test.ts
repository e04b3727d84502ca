import { expect, test } from 'vitest';
import { ntpMiddle, type ReportBlock, readRtcp, roundTrip, writeRtcp } from '../../../telephony/media/rtcp.ts';

const report: ReportBlock = {
  ssrc: 7,
  fractionLost: 13,
  lost: -2,
  highest: 70_000,
  jitter: 12,
  lastSenderReport: 0x1234_5678,
  delaySinceSenderReport: 65_536,
};
const at = Date.UTC(2026, 4, 1, 12) + 250;

test('a compound packet reads back as written', () => {
  const packets = [
    { type: 'sender', ssrc: 9, at, timestamp: 800, packets: 5, octets: 800, reports: [report] },
    { type: 'name', ssrc: 9, name: 'throughline@127.0.0.1' },
    { type: 'bye', ssrcs: [9] },
  ] as const;
  const bytes = writeRtcp(packets);
  expect(bytes.length % 4).toBe(0);
  expect(readRtcp(bytes)).toEqual(packets);
  expect(readRtcp(writeRtcp([{ type: 'receiver', ssrc: 9, reports: [report] }]))).toEqual([
    { type: 'receiver', ssrc: 9, reports: [report] },
  ]);
});

test('a length that lies ends the reading, never throws', () => {
  const bytes = writeRtcp([{ type: 'receiver', ssrc: 9, reports: [report] }]);
  for (let cut = 0; cut <= bytes.length; cut++) expect(() => readRtcp(bytes.subarray(0, cut))).not.toThrow();
  expect(readRtcp(Buffer.from('9fc90001deadbeef', 'hex'))).toEqual([
    { type: 'receiver', ssrc: 0xdeadbeef, reports: [] },
  ]);
  expect(readRtcp(Buffer.from('81ca0002deadbeef01ff4142', 'hex'))).toEqual([
    { type: 'name', ssrc: 0xdeadbeef, name: 'AB' },
  ]);
});

test('round trip is now − LSR − DLSR, unknown before the first report came back', () => {
  const lastSenderReport = ntpMiddle(at);
  expect(roundTrip(at + 1080, { ...report, lastSenderReport })).toBeCloseTo(80, 1);
  expect(roundTrip(at, { ...report, lastSenderReport: 0 })).toBeUndefined();
});
