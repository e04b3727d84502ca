import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { readWav } from '../../../telephony/evidence/wav.ts';
import { audioFlow } from '../../../telephony/media/flow.ts';
import { g711 } from '../../../telephony/media/g711.ts';
import { chunks, type MediaLeg } from '../../../telephony/media/leg.ts';
import type { MediaEvent } from '../../../telephony/media/leg-event.ts';
import { answerOffer, readAnswer, writeOffer } from '../../../telephony/media/offer.ts';
import { readRtp, writeRtp } from '../../../telephony/media/rtp.ts';
import { MediaThread } from '../../../telephony/media/thread.ts';
import { join, sines } from '../../../telephony/media/tones.ts';
import { babble, toneShare } from '../../kit/sound.ts';

let thread: MediaThread;
let folder: string;
beforeAll(async () => {
  // What a starved machine holds up is sent late, not left out.
  thread = new MediaThread(systemClock, { catchUp: 2000 });
  folder = await mkdtemp(path(tmpdir(), 'media-'));
});
afterAll(async () => {
  await thread[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const host = '127.0.0.1';
const session = { id: 1, version: 1 };

/** Two legs that have agreed, and what each was told. */
async function call(codecs: readonly string[] = ['PCMU'], options = {}) {
  const [caller, callee] = await Promise.all([
    thread.open({ host, codecs, ...options }),
    thread.open({ host, codecs }),
  ]);
  const heard: { caller: MediaEvent[]; callee: MediaEvent[] } = { caller: [], callee: [] };
  caller.on((event) => heard.caller.push(event));
  callee.on((event) => heard.callee.push(event));
  const our = { ...caller.local, codecs, session };
  const { sdp, target } = answerOffer(writeOffer(our), {
    ...callee.local,
    codecs: ['PCMU', 'PCMA', 'G722', 'OPUS'],
    session,
  });
  caller.connect(readAnswer(sdp, our));
  callee.connect(target);
  return { caller, callee, heard, close: () => Promise.all([caller.close(), callee.close()]) };
}

function next(leg: MediaLeg, type: MediaEvent['type']): Promise<MediaEvent> {
  return new Promise((resolve) => {
    const off = leg.on((event) => {
      if (event.type !== type) return;
      off();
      resolve(event);
    });
  });
}

test.each([['PCMU'], ['PCMA'], ['G722'], ['OPUS']])(
  '%s: what one plays the other hears, with onset and end by the clock of the packets',
  async (codec) => {
    const { caller, callee, heard, close } = await call([codec]);
    await next(callee, 'first-packet');
    const ended = next(callee, 'speech-end');
    const { from, to, cut } = await caller.play(join([babble(1500, 11)]));
    await ended;
    expect(cut).toBe(false);
    expect(to! - from!).toBeGreaterThan(1400);
    const speech = heard.callee.find((event) => event.type === 'speech')!;
    const end = heard.callee.find((event) => event.type === 'speech-end')!;
    expect(Math.abs(speech.at - from!)).toBeLessThan(60);
    expect(Math.abs(end.at - to!)).toBeLessThan(200);
    expect(callee.quietSince).toBe(end.at);
    const [{ statistics }] = await close();
    expect(statistics).toMatchObject({ codec, received: { lost: 0, strays: 0, sources: 1 } });
    // No planning values of Opus are published: its MOS stays unknown.
    if (codec === 'OPUS') expect(statistics.mos).toBeUndefined();
    else expect(statistics.mos).toBeGreaterThan(codec === 'G722' ? 4 : 4.3);
  },
);

test.each(['PCMU', 'OPUS'])('%s: keys go as telephone events, and as tones where none were agreed', async (codec) => {
  const { caller, callee, heard, close } = await call([codec], { toneKeys: false });
  const digits = () => heard.callee.flatMap((event) => (event.type === 'digit' ? [event] : []));
  const pressed = await caller.press('14#');
  expect(pressed.map(({ key }) => key)).toEqual(['1', '4', '#']);
  await expect.poll(() => digits().length).toBe(3);
  expect(digits().map(({ digit, by }) => digit + by)).toEqual(['1rfc4733', '4rfc4733', '#rfc4733']);
  for (const [n, { at, end }] of digits().entries()) {
    expect(at).toBeGreaterThanOrEqual(pressed[n]!.at);
    expect(end - at).toBe(100);
  }
  callee.connect({ ...callee.target!, digits: undefined, events: [] });
  caller.connect({ ...caller.target!, digits: undefined, events: [] });
  const tone = next(callee, 'digit');
  await Promise.all([caller.press('5', { ms: 120 }), callee.press('7', { ms: 120 })]);
  expect(await tone).toMatchObject({ digit: '5', by: 'in-band' });
  await expect.poll(async () => (await caller.figures()).received.loudest).toBeGreaterThan(-30);
  // Who opened it without does not look for tones.
  expect(heard.caller.filter(({ type }) => type === 'digit')).toEqual([]);
  await expect(caller.press('5', { by: 'rfc4733' })).rejects.toThrow('telephone-event was not agreed');
  await expect(caller.press('5x')).rejects.toThrow('"x" is no key of a phone');
  await close();
});

test('both directions are recorded on one line of time, left heard, right said', async () => {
  const record = path(folder, 'both.wav');
  const { caller, callee, close } = await call(['PCMU'], { record });
  await next(caller, 'first-packet');
  const [played] = await Promise.all([caller.play(sines([500], 700)), callee.play(sines([1200], 700))]);
  const [{ recording }] = await close();
  expect(recording).toMatchObject({ path: record });
  expect(recording!.trouble).toBeUndefined();
  const { rate, channels } = readWav(await readFile(record));
  const at = Math.round((played.from! - recording!.startedAt) * 8) + 800;
  const [heard, said] = channels.map((channel) => channel.subarray(at, at + 4000));
  expect([rate, channels.length]).toEqual([8000, 2]);
  // A busy machine may cost a packet.
  expect(toneShare(said!, 500)).toBeGreaterThan(0.9);
  expect(toneShare(heard!, 1200)).toBeGreaterThan(0.9);
});

test('a listener may begin before its step, and gets every sample after', async () => {
  const { caller, callee, close } = await call();
  await next(callee, 'statistics');
  const { from } = await caller.play(sines([700], 600));
  const port = callee.tap(from! - 100);
  const voiced = [];
  let first: number | undefined;
  for await (const chunk of chunks(port)) {
    first ??= chunk.at;
    voiced.push(chunk.samples);
    if (voiced.reduce((sum, samples) => sum + samples.length, 0) >= 5600) break;
  }
  expect(Math.abs(first! - (from! - 100))).toBeLessThan(25);
  expect(toneShare(join(voiced).subarray(1200, 5000), 700)).toBeGreaterThan(0.9);
  await close();
});

test('a sound can be cut, replaced and stopped by a signal', async () => {
  const { caller, close } = await call();
  const long = sines([440], 5000);
  const first = caller.play(long, { loop: true });
  const second = caller.play(long);
  expect((await first).cut).toBe(true);
  const stop = new AbortController();
  const third = caller.play(long, { signal: stop.signal });
  expect((await second).cut).toBe(true);
  stop.abort(new Error('enough'));
  await expect(third).rejects.toThrow('enough');
  const last = caller.play(long).catch((error: Error) => error.message);
  await close();
  expect(await last).toSatisfy((end) => end === 'the call has ended' || (end as { cut: boolean }).cut);
  await expect(caller.play(long)).rejects.toThrow('the call has ended');
});

/** A peer of a few lines of UDP, for what a well-behaved one would not do. */
async function peer(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, host, done));
  return socket;
}
const target = (socket: Socket) => ({
  host,
  port: socket.address().port,
  rtcpPort: socket.address().port + 1,
  mux: true,
  codec: { name: 'PCMU', payload: 0, rate: 8000 },
  accept: [{ name: 'PCMU', payload: 0, rate: 8000 }],
  ptime: 20,
  direction: 'sendrecv' as const,
});
const law = g711('PCMU');
function sound(socket: Socket, to: number, { ssrc, n, value = 1000 }: { ssrc: number; n: number; value?: number }) {
  const payload = law.encode(new Int16Array(160).fill(value));
  const packet = writeRtp({ payloadType: 0, marker: n === 0, sequence: n, timestamp: n * 160, ssrc, payload });
  return new Promise((done) => socket.send(packet, to, host, done));
}

test('RTP of a stranger is told once and not heard; garbage is nothing', async () => {
  const [leg, friend, stranger] = [await thread.open({ host }), await peer(), await peer()];
  leg.connect(target(friend));
  const first = next(leg, 'first-packet');
  await sound(friend, leg.local.port, { ssrc: 1, n: 0 });
  await first;
  const told = next(leg, 'stranger');
  for (let n = 0; n < 5; n++) await sound(stranger, leg.local.port, { ssrc: 666, n });
  await told;
  for (const junk of [Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(60_000, 0x80)])
    await new Promise((done) => friend.send(junk, leg.local.port, host, done));
  const { statistics } = await leg.close();
  expect(statistics.received).toMatchObject({ packets: 1, sources: 1, strangers: 5 });
  for (const socket of [friend, stranger]) socket.close();
});

test('another source on the same address is followed and counted apart', async () => {
  const [leg, friend] = [await thread.open({ host }), await peer()];
  leg.connect(target(friend));
  for (let n = 0; n < 5; n++) await sound(friend, leg.local.port, { ssrc: 1, n });
  const changed = next(leg, 'source-changed');
  for (let n = 0; n < 5; n++) await sound(friend, leg.local.port, { ssrc: 2, n: n + 40_000 });
  await changed;
  const { statistics } = await leg.close();
  expect(statistics.received).toMatchObject({ packets: 10, sources: 2, lost: 0 });
  friend.close();
});

test('who was heard before another is heard from the first packet on when the call comes back to them', async () => {
  const [leg, bank, agent] = [await thread.open({ host }), await peer(), await peer()];
  let n = 0;
  const says = async (who: Socket, ssrc: number) => {
    leg.connect(target(who));
    await leg.figures();
    for (const end = n + 5; n < end; n++) await sound(who, leg.local.port, { ssrc, n });
    await expect.poll(async () => (await leg.figures()).received.packets).toBe(n);
  };
  await says(bank, 1);
  await says(agent, 2);
  await says(bank, 1);
  const { statistics } = await leg.close();
  expect(statistics.received).toMatchObject({ packets: 15, sources: 3, strays: 0, strangers: 0 });
  for (const socket of [bank, agent]) socket.close();
});

test('200 OK and no audio, audio one way and hold are told apart by the figures', async () => {
  const [leg, deaf] = [await thread.open({ host }), await peer()];
  leg.connect(target(deaf));
  const late = { ...(await leg.figures()), at: (await leg.figures()).at + 5000 };
  expect(audioFlow(late)).toBe('no-media');
  leg.connect({ ...target(deaf), direction: 'recvonly' });
  await next(leg, 'statistics');
  const before = (await leg.figures()).sent.packets;
  await next(leg, 'statistics');
  expect((await leg.figures()).sent.packets).toBe(before);
  await leg.close();
  deaf.close();
});

test('packets leave evenly: sequence, timestamp and payload run on', async () => {
  const [leg, ear] = [
    await thread.open({ host, seeds: { ssrc: 9, sequence: 65_530, timestamp: 2 ** 32 - 480 } }),
    await peer(),
  ];
  const came: NonNullable<ReturnType<typeof readRtp>>[] = [];
  const enough = new Promise<void>((done) =>
    ear.on('message', (bytes) => {
      came.push(readRtp(bytes)!);
      if (came.length === 12) done();
    }),
  );
  leg.connect(target(ear));
  await enough;
  await leg.close();
  expect(came.slice(0, 12).map(({ sequence }) => sequence)).toEqual(
    [...Array(12)].map((_, n) => (65_530 + n) & 0xffff),
  );
  expect(came.slice(0, 12).map(({ timestamp }) => timestamp)).toEqual(
    [...Array(12)].map((_, n) => (2 ** 32 - 480 + n * 160) >>> 0),
  );
  expect(came.slice(0, 12).map(({ marker }) => marker)).toEqual([...Array(12)].map((_, n) => n === 0));
  ear.close();
});

test('a folder that is not there refuses the leg and leaves no port behind', async () => {
  await expect(thread.open({ host, record: '/nowhere/x.wav' })).rejects.toThrow(
    'the sound of the call cannot be opened: ENOENT',
  );
  await expect(thread.open({ host: '203.0.113.1' })).rejects.toThrow('EADDRNOTAVAIL');
});
