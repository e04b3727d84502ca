import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call, CallEvent } from '../../telephony/call.ts';
import type { CapturedPacket } from '../../telephony/media/capture.ts';
import { isRtcp, readRtp } from '../../telephony/media/rtp.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';
import { capture, fields, rtpStreams } from './tshark.ts';

let media: MediaThread;
beforeAll(() => {
  media = new MediaThread();
});
afterAll(async () => {
  await media[Symbol.asyncDispose]();
});

const phone = (user: string) =>
  Phone.open(
    { user, host: '127.0.0.1', codecs: ['PCMU'], digits: true, rings: false, capture: true },
    { clock: systemClock, random: seeded(user.length), media },
  );
const ever = <T extends CallEvent['type']>(call: Call, type: T) =>
  call.until((event): event is Extract<CallEvent, { type: T }> => event.type === type, 0, AbortSignal.timeout(60_000));

/** Passes packets on to a port, but for one in twenty, each up to 25 ms late; the same ones every time. */
async function badLine(to: number) {
  const random = seeded(42);
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let dropped = 0;
  socket.on('message', (bytes) => {
    if (random() < 0.05) dropped += 1;
    else setTimeout(() => socket.send(bytes, to, '127.0.0.1'), 25 * random());
  });
  return { port: socket.address().port, dropped: () => dropped, close: () => socket.close() };
}

interface Stamp {
  readonly at: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: number;
}

/** Packets of RTP as we stamped them, in the order of their numbers. */
function stampsOf(packets: readonly CapturedPacket[], way: CapturedPacket['direction']): readonly Stamp[] {
  return packets.flatMap(({ at, direction, bytes }) => {
    const packet = direction === way && !isRtcp(bytes) ? readRtp(bytes) : undefined;
    if (!packet) return [];
    return [{ at, sequence: packet.sequence, timestamp: packet.timestamp, payload: packet.payloadType }];
  });
}

/** When each key began. */
const keysOf = (stamps: readonly Stamp[]) => {
  const keys = stamps.filter(({ payload }) => payload === 101);
  return keys.filter(({ timestamp }, n) => timestamp !== keys[n - 1]?.timestamp).map(({ at }) => at);
};

test('post-dial delay, first packet, digits, loss and jitter are what tshark saw on the wire', async () => {
  await using wire = await capture();
  await using alice = await phone('alice');
  await using bob = await phone('bob');
  const taken = Promise.withResolvers<Call>();
  bob.onCall((call) => {
    setTimeout(() => call.signalling.ring(), 200);
    setTimeout(() => call.signalling.answer(), 400);
    taken.resolve(call);
  }, taken.reject);
  const lag = monitorEventLoopDelay({ resolution: 5 });
  lag.enable();
  const call = await alice.dial(`sip:bob@127.0.0.1:${bob.local.port}`);
  await ever(call, 'answered');
  lag.disable();
  const other = await taken.promise;
  await Promise.all([ever(call, 'first-packet'), ever(other, 'first-packet')]);
  const pressed = await other.media.press('0123456789', { ms: 80, gapMs: 60 });
  await expect.poll(() => call.events.filter(({ type }) => type === 'digit').length).toBe(10);
  // From here on one way, over the bad line: it is a re-INVITE's new address for both.
  const line = await badLine(other.media.local.port);
  other.media.connect({ ...other.media.target!, port: line.port, direction: 'recvonly' });
  call.media.connect({ ...call.media.target!, port: line.port, direction: 'sendonly' });
  const before = (await other.media.figures()).received;
  await expect.poll(async () => (await other.media.figures()).received.expected).toBeGreaterThan(before.expected + 250);
  call.media.connect({ ...call.media.target!, port: line.port, direction: 'inactive' });
  // Nothing is under way any more: all that was sent has come, but for what the line dropped.
  const missing = async () => {
    const [{ sent }, { received }] = await Promise.all([call.media.figures(), other.media.figures()]);
    return sent.packets - received.received - line.dropped();
  };
  await expect.poll(missing).toBe(0);
  const { received } = await other.media.figures();
  const file = await wire.stop();
  line.close();
  const { packets: heard = [] } = await call.close();
  const { packets = [] } = await other.close();

  const { callId } = call.signalling;
  const sip = await fields(file, `sip.Call-ID == "${callId}"`, ['frame.time_epoch', 'sip.Method', 'sip.Status-Code']);
  const seen = (method: string, status: string) =>
    1000 * Number(sip.find((row) => row[1] === method && row[2] === status)?.[0]);
  const [ours, theirs] = [call.media.local.port, other.media.local.port];
  const digits = call.events.flatMap((event) => (event.type === 'digit' ? [event] : []));
  expect(digits.map(({ digit }) => digit).join('')).toBe('0123456789');
  // What an event says is what its first packet was stamped with.
  const [came, went] = [stampsOf(heard, 'in'), stampsOf(packets, 'out')];
  expect((await ever(call, 'first-packet')).event.at).toBe(came[0]?.at);
  expect(digits.map(({ at }) => at)).toEqual(keysOf(came));
  expect(pressed.map(({ at }) => at)).toEqual(keysOf(went));
  // However busy the machine: what comes is stamped after it was on the wire, what goes before it.
  const rows = await fields(file, `udp.dstport == ${ours} && rtp`, ['frame.time_epoch', 'rtp.seq']);
  const wired = new Map(rows.map(([at, sequence]) => [Number(sequence), 1000 * Number(at)]));
  const errors = (stamps: readonly Stamp[]) =>
    stamps
      .flatMap(({ at, sequence }) => at - (wired.get(sequence) ?? Number.NaN))
      .filter((error) => !Number.isNaN(error));
  const [late, early] = [errors(came), errors(went)];
  expect([late.length, early.length]).toEqual([rows.length, rows.length]);
  const [least, most] = [Math.min(...late), Math.max(...early)];
  expect(least).toBeGreaterThan(most - 1);
  // tshark has the wall clock, we one that runs evenly: what they differ by on this machine.
  const apart = (least + most) / 2;
  const invite = seen('INVITE', '');
  expect(call.since - invite).toBeLessThan(apart + 1);
  // After a stall a message is held to have come when the stall began.
  const still = 5 + lag.max / 1e6;
  for (const [type, status] of [
    ['ringing', '180'],
    ['answered', '200'],
  ] as const)
    expect(Math.abs((await ever(call, type)).event.at - seen('', status) - apart)).toBeLessThan(50 + still);

  const streams = (await rtpStreams(file)).filter(({ to }) => to === theirs);
  expect(streams.reduce((sum, { packets }) => sum + packets, 0)).toBe(received.received);
  // tshark takes the two ways to the same port for two streams; the bad line is the longer one.
  const rough = streams.toSorted((a, b) => b.packets - a.packets)[0]!;
  expect(received.lost).toBeGreaterThan(5);
  expect(Math.abs(received.lost - rough.lost)).toBeLessThanOrEqual(2);
  expect(rough.meanJitter).toBeGreaterThan(3);
  const numbered = await fields(file, `udp.dstport == ${theirs} && rtp`, ['rtp.seq', 'frame.time_epoch']);
  const left = new Map(numbered.map(([sequence, at]) => [Number(sequence), 1000 * Number(at)]));
  const lates = packets.flatMap(({ direction, at, bytes }) => {
    const was = direction === 'in' ? left.get(((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)) : undefined;
    return was === undefined ? [] : [Math.abs(at - was - apart)];
  });
  expect(lates.length).toBeGreaterThan(250);
  // One stall of this machine, in which packets wait to be read, moves the jitter of RFC 3550 by an eighth of it.
  const stall = Math.max(...lates) / 8;
  const like = Math.max(1.5, rough.maxJitter / 5);
  expect(Math.abs(received.jitterMax - rough.maxJitter)).toBeLessThan(like + stall);
});
