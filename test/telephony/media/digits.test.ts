import { expect, test } from 'vitest';
import { DigitReader, digitPackets, readTelephoneEvent, writeTelephoneEvent } from '../../../telephony/media/digits.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('"5" for 100 ms is written as RFC 4733 says: growing, then the end three times', () => {
  const packets = digitPackets('5', 800, 160);
  expect(packets.map(({ payload, marker }) => hex(payload) + (marker ? ' M' : ''))).toEqual([
    '050a00a0 M',
    '050a0140',
    '050a01e0',
    '050a0280',
    '058a0320',
    '058a0320',
    '058a0320',
  ]);
  expect(packets.every(({ offset }) => offset === 0)).toBe(true);
});

test('every key has its event, other characters have none', () => {
  expect([...'0123456789*#ABCD'].map((key) => digitPackets(key, 160, 160)[0]!.payload[0])).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  ]);
  expect(digitPackets('d', 160, 160)[0]!.payload[0]).toBe(15);
  expect(() => digitPackets('x', 160, 160)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: "x" is no key of a phone]`,
  );
});

/** Feeds the packets of presses one after the other, without those that `lost` names. */
function hear(keys: string, units: number, lost: (n: number) => boolean = () => false) {
  const reader = new DigitReader(20);
  const heard = [];
  let [timestamp, at, n] = [1600, 0, 0];
  for (const key of keys) {
    for (const packet of digitPackets(key, units, 160)) {
      at += 20;
      if (!lost(n++))
        heard.push(
          ...reader.packet(
            readTelephoneEvent(packet.payload)!,
            { timestamp: timestamp + packet.offset, rate: 8000 },
            at,
          ),
        );
    }
    timestamp += units + 800;
    at += 100;
  }
  return [...heard, ...reader.idle(at + 200)];
}

test('doubled digits are two, with their lengths', () => {
  expect(hear('11#', 800)).toEqual([
    { digit: '1', at: 20, ms: 100 },
    { digit: '1', at: 260, ms: 100 },
    { digit: '#', at: 500, ms: 100 },
  ]);
});

test('a digit counts whichever of its packets arrive', () => {
  expect(hear('42', 800, (n) => n % 7 >= 4).map(({ digit }) => digit)).toEqual(['4', '2']);
  expect(hear('42', 800, (n) => n % 7 < 6).map(({ digit, ms }) => [digit, ms])).toEqual([
    ['4', 100],
    ['2', 100],
  ]);
});

test('a press of ten seconds is cut into segments and is one digit', () => {
  const packets = digitPackets('9', 80_000, 160);
  expect(Math.max(...packets.map(({ payload }) => readTelephoneEvent(payload)!.duration))).toBeLessThan(65_536);
  expect(packets.filter(({ payload }) => readTelephoneEvent(payload)!.end)).toHaveLength(3);
  expect(hear('9', 80_000)).toEqual([{ digit: '9', at: 20, ms: 10_000 }]);
});

test('a repeated end, an unknown event and a payload too short say nothing', () => {
  const reader = new DigitReader(20);
  const end = { event: 5, end: true, volume: 10, duration: 800 };
  expect(reader.packet(end, { timestamp: 100, rate: 8000 }, 1)).toHaveLength(1);
  expect(reader.packet(end, { timestamp: 100, rate: 8000 }, 21)).toEqual([]);
  expect(reader.packet({ ...end, event: 77 }, { timestamp: 900, rate: 8000 }, 41)).toEqual([]);
  expect(readTelephoneEvent(writeTelephoneEvent(end).subarray(0, 3))).toBeUndefined();
});
