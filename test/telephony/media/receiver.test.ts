import { describe, expect, test } from 'vitest';
import { type Coder, Coders, laws } from '../../../telephony/media/coders.ts';
import { digitPackets } from '../../../telephony/media/digits.ts';
import { type Heard, Receiver } from '../../../telephony/media/receiver.ts';
import type { RtpPacket } from '../../../telephony/media/rtp.ts';

const coders = new Coders(laws());
const ulaw = coders.of('PCMU')!;
/** As Opus is: a clock of 48 kHz. */
const fast: Coder = { ...ulaw, name: 'fast', stretch: 6 };
const meaning = {
  coder: (payload: number) => ({ 0: ulaw, 111: fast })[payload],
  digits: (payload: number) => ({ 101: 8000, 110: 48_000 })[payload],
};

const loud = ulaw.encode(Int16Array.from({ length: 160 }, (_, n) => (n % 2 === 0 ? 8000 : -8000)));
const packet = (n: number, more: Partial<RtpPacket> = {}): RtpPacket => ({
  payloadType: 0,
  marker: false,
  sequence: (60_000 + n) & 0xffff,
  timestamp: (4_294_960_000 + n * 160) >>> 0,
  ssrc: 7,
  payload: loud,
  ...more,
});
const digitsOf = (heard: readonly Heard[]) =>
  heard.flatMap(({ digits }) => digits.map(({ digit, ms }) => `${digit} ${ms}`));
const holes = (heard: readonly Heard[]) => heard.flatMap(({ pieces }) => pieces.filter(({ hole }) => hole));

describe('packets that are no sound', () => {
  test('comfort noise ends the sending and is neither lost nor a hole', () => {
    const receiver = new Receiver(20_000);
    const heard: Heard[] = [];
    for (let n = 0; n < 10; n++) heard.push(receiver.packet(packet(n), n * 20, meaning));
    heard.push(receiver.packet(packet(10, { payloadType: 13, payload: Uint8Array.of(60) }), 200, meaning));
    for (let at = 220; at < 1200; at += 20) heard.push(receiver.idle(at));
    // Sound again a second later: the sequence goes on by one, the timestamp by the time.
    heard.push(receiver.packet(packet(11, { timestamp: packet(60).timestamp, marker: true }), 1200, meaning));
    expect(holes(heard)).toEqual([]);
    expect(receiver.figures).toMatchObject({ lost: 0, expected: 12, packets: 12, unknownPayloads: 0, sources: 1 });
    expect(receiver.audio.end).toBe(61 * 160);
  });

  test('without a word of it, silence is a hole until the sound goes on, and nothing is lost', () => {
    const receiver = new Receiver(20_000);
    for (let n = 0; n < 10; n++) receiver.packet(packet(n), n * 20, meaning);
    const heard = [receiver.idle(600)];
    receiver.packet(packet(10, { timestamp: packet(40).timestamp }), 800, meaning);
    expect(holes(heard).length).toBeGreaterThan(0);
    expect(receiver.figures).toMatchObject({ lost: 0, jitterMax: 0 });
  });

  test('a codec that nobody agreed to is counted, and its packets are not lost', () => {
    const receiver = new Receiver(20_000);
    for (let n = 0; n < 10; n++) receiver.packet(packet(n, n % 2 ? { payloadType: 18 } : {}), n * 20, meaning);
    expect(receiver.figures).toMatchObject({ lost: 0, expected: 10, unknownPayloads: 5, packets: 5 });
  });
});

describe('packets that come after their time', () => {
  const steady = (receiver: Receiver, from: number, to: number, later = 0) => {
    for (let n = from; n < to; n++) {
      receiver.idle(n * 20 + later);
      receiver.packet(packet(n), n * 20 + later, meaning);
    }
  };

  test('a clock that stood still, as that of a browser on hold, costs some packets, and not all that follow', () => {
    const receiver = new Receiver(20_000);
    steady(receiver, 0, 50);
    for (let at = 1000; at < 1600; at += 20) receiver.idle(at);
    steady(receiver, 50, 150, 600);
    expect(receiver.figures).toMatchObject({ lost: 0, late: 10, sources: 1 });
    expect(receiver.audio.end).toBe(150 * 160 + 600 * 8);
    expect(receiver.timeOf(receiver.audio.end)).toBe(150 * 20 + 600);
  });

  test('a network that stalls and catches up leaves the line of time where it was', () => {
    const receiver = new Receiver(20_000);
    steady(receiver, 0, 50);
    for (let at = 1000; at < 1600; at += 20) receiver.idle(at);
    for (let n = 50; n < 80; n++) receiver.packet(packet(n), 1600, meaning);
    steady(receiver, 80, 150);
    expect(receiver.audio.end).toBe(150 * 160);
    expect(receiver.timeOf(receiver.audio.end)).toBe(150 * 20);
  });
});

describe('another clock', () => {
  test('timestamps of 48 kHz lie on the same line of time, and jitter is in ms of it', () => {
    const receiver = new Receiver(20_000);
    for (let n = 0; n < 50; n++) {
      const at = n * 20 + (n % 2) * 4;
      receiver.packet(packet(n, { payloadType: 111, timestamp: n * 960 }), at, meaning);
    }
    expect(receiver.audio.settled).toBe(50 * 160);
    expect(receiver.figures.jitter).toBeGreaterThan(3.5);
    expect(receiver.figures.jitter).toBeLessThan(4);
  });

  test('a codec with another clock in the same stream is a new source that goes on where the old one stopped', () => {
    const receiver = new Receiver(20_000);
    for (let n = 0; n < 10; n++) receiver.packet(packet(n), n * 20, meaning);
    const heard = receiver.packet(packet(10, { payloadType: 111, timestamp: 77 }), 200, meaning);
    expect(heard.changed).toBe(true);
    expect(receiver.figures).toMatchObject({ sources: 2, lost: 0 });
    expect(receiver.audio.settled).toBe(11 * 160);
  });

  test.each([
    [101, 8],
    [110, 48],
  ])('digits of payload %i count %i units a ms', (payloadType, perMs) => {
    const receiver = new Receiver(20_000);
    const heard = digitPackets('7', 100 * perMs, 20 * perMs).map(({ payload }, n) =>
      receiver.packet(packet(n, { payloadType, payload, timestamp: 1000 }), n * 20, meaning),
    );
    expect(digitsOf(heard)).toEqual(['7 100']);
  });
});

describe('digits in disorder', () => {
  const sent = digitPackets('4', 800, 160).map(({ payload }, n) =>
    packet(n, { payloadType: 101, payload, timestamp: 1000 }),
  );
  const next = digitPackets('4', 800, 160).map(({ payload }, n) =>
    packet(n + 20, { payloadType: 101, payload, timestamp: 4000 }),
  );
  test.each([
    ['the end before the last updates', [0, 1, 4, 2, 3, 5, 6]],
    ['everything backwards', [6, 5, 4, 3, 2, 1, 0]],
    ['every packet twice', [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]],
    ['only one end', [5]],
  ])('%s: one digit, and the next one is another', (_, order) => {
    const receiver = new Receiver(20_000);
    const heard = [...order.map((n) => sent[n]!), ...next].map((one, n) => receiver.packet(one, n * 20, meaning));
    expect(digitsOf(heard)).toEqual(['4 100', '4 100']);
  });
});

describe('sources', () => {
  test.each([
    [80, 10],
    [240, 30],
    [480, 60],
  ])('packets of %i samples lie one behind the other', (samples, ms) => {
    const receiver = new Receiver(20_000);
    const payload = ulaw.encode(new Int16Array(samples));
    for (let n = 0; n < 20; n++) receiver.packet(packet(n, { payload, timestamp: n * samples }), n * ms, meaning);
    expect(receiver.audio.settled).toBe(20 * samples);
    expect(receiver.figures).toMatchObject({ lost: 0, jitterMax: 0 });
  });

  test('two that send at once under two names are not mixed: the newer is heard, the other is strays', () => {
    const receiver = new Receiver(20_000);
    for (let n = 0; n < 5; n++) receiver.packet(packet(n), n * 20, meaning);
    for (let n = 5; n < 25; n++) {
      receiver.packet(packet(n, { ssrc: 8 }), n * 20, meaning);
      receiver.packet(packet(n), n * 20 + 5, meaning);
    }
    expect(receiver.figures).toMatchObject({ sources: 2, strays: 20, lost: 0, packets: 25 });
  });

  test('a jump of the sequence is a stray until it goes on, then a new count; the wrap is none', () => {
    const receiver = new Receiver(20_000);
    for (let n = 5530; n < 5545; n++) receiver.packet(packet(n), n * 20, meaning);
    expect(receiver.figures).toMatchObject({ lost: 0, expected: 15 });
    for (let n = 5545; n < 5555; n++) receiver.packet(packet(n, { sequence: (n + 20_000) & 0xffff }), n * 20, meaning);
    expect(receiver.figures).toMatchObject({ sources: 2, strays: 1, lost: 0 });
  });

  test('a timestamp that jumps by an hour does not fill an hour with silence', () => {
    const receiver = new Receiver(20_000);
    for (let n = 0; n < 10; n++) receiver.packet(packet(n), n * 20, meaning);
    const jumped = packet(10, { timestamp: (packet(10).timestamp + 3600 * 8000) >>> 0 });
    const { pieces } = receiver.packet(jumped, 200, meaning);
    expect(pieces.map(({ position }) => position)).toEqual([1600]);
  });
});
