import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { seeded } from '../../../core/random.ts';
import type { Call, CallEvent } from '../../../telephony/call.ts';
import { serveDatagrams } from '../../../telephony/media/datagrams.ts';
import { MediaThread } from '../../../telephony/media/thread.ts';
import { Phone } from '../../../telephony/phone.ts';

const socket: Socket = createSocket('udp4');
const media = new MediaThread();
afterAll(async () => {
  socket.close();
  await media[Symbol.asyncDispose]();
});
const say = (text: string, port: number) =>
  new Promise((resolve) => socket.send(text, port, '127.0.0.1', () => resolve(undefined)));

/** Whether something waits in a socket of this machine. */
function unread(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const [, waits = ''] = new RegExp(`${local} \\S+ \\S+ \\S+:(\\S+)`).exec(readFileSync('/proc/net/udp', 'utf8')) ?? [];
  expect(waits).not.toBe('');
  return /[^0]/.test(waits);
}

test('what comes is stamped while the thread that reads it is busy', async () => {
  const came = Promise.withResolvers<{ text: string; at: number }>();
  await using box = await media.datagrams(
    { host: '127.0.0.1', port: 0 },
    { message: (text, _, at) => came.resolve({ text, at }), lost: came.reject },
  );
  const before = systemClock.now();
  // No turn of our event loop lies between sending and this: when the other thread has read the second, it is done with the first.
  await Promise.all(['here', 'done'].map((text) => say(text, box.port)));
  while (unread(box.port)) expect(systemClock.now() - before).toBeLessThan(20_000);
  const after = systemClock.now();
  const { text, at } = await came.promise;
  expect(text).toBe('here');
  expect(at).toBeGreaterThan(before);
  expect(at).toBeLessThan(after);
});

test('what is sent is stamped where it leaves', async () => {
  const came = Promise.withResolvers<number>();
  const left = Promise.withResolvers<number>();
  const ears = { message: (_text: string, _from: unknown, at: number) => came.resolve(at), lost: came.reject };
  await using box = await media.datagrams({ host: '127.0.0.1', port: 0 }, ears);
  const before = systemClock.now();
  box.send('here', box.port, '127.0.0.1', left.resolve);
  const times = [before, await left.promise, await came.promise, systemClock.now()];
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('an address that is taken is refused with its code, and a port that was given back is free again', async () => {
  const ears = { message: () => undefined, lost: () => undefined };
  const first = await media.datagrams({ host: '127.0.0.1', port: 0 }, ears);
  const at = { host: '127.0.0.1', port: first.port };
  await expect(media.datagrams(at, ears)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await first[Symbol.asyncDispose]();
  await using again = await media.datagrams(at, ears);
  expect(again.port).toBe(at.port);
});

test('of a flood that nobody reads 4 MB wait, the rest is lost; what comes after they were read is heard', async () => {
  const { port1, port2 } = new MessageChannel();
  const unread = new Int32Array(new SharedArrayBuffer(4));
  serveDatagrams(port2, { host: '127.0.0.1', wanted: 0, unread }, { now: () => 7, came: () => 7 });
  const next = async () => {
    for (;;) {
      const told = receiveMessageOnPort(port1)?.message as readonly unknown[] | undefined;
      if (told) return told;
      await turn();
    }
  };
  const [, port] = (await next()) as ['bound', number];
  const large = 'x'.repeat(60_000);
  const fits = Math.ceil((4 << 20) / large.length);
  for (let n = 1; n <= fits; n += 1) {
    await say(large, port);
    while (Atomics.load(unread, 0) < n * large.length) await turn();
  }
  await say('lost', port);
  // It is read from the socket, and dropped, before the event loop waits for anything else.
  for (let n = 0; n < 100; n += 1) await turn();
  const heard: unknown[] = [];
  for (let n = 0; n < fits; n += 1) heard.push((await next())[2]);
  expect(new Set(heard)).toEqual(new Set([large]));
  Atomics.store(unread, 0, 0);
  await say('heard', port);
  expect((await next())[2]).toBe('heard');
  port1.postMessage(undefined);
});

test('a call is hung up although the thread that had its socket is gone', async () => {
  const own = new MediaThread();
  const phone = (user: string, thread: MediaThread) =>
    Phone.open(
      { user, host: '127.0.0.1', codecs: ['PCMU'], digits: true },
      { clock: systemClock, random: seeded(user.length), media: thread },
    );
  await using bob = await phone('bob', media);
  await using alice = await phone('alice', own);
  const taken = Promise.withResolvers<Call>();
  bob.onCall((call) => {
    call.signalling.answer();
    taken.resolve(call);
  }, taken.reject);
  const call = await alice.dial(`sip:bob@127.0.0.1:${bob.local.port}`);
  const is =
    (type: string) =>
    (event: CallEvent): event is CallEvent =>
      event.type === type;
  await call.until(is('answered'), 0, AbortSignal.timeout(60_000));
  await own[Symbol.asyncDispose]();
  await call.signalling.hangUp();
  const { event } = await (await taken.promise).until(is('ended'), 0, AbortSignal.timeout(60_000));
  expect(event).toMatchObject({ by: 'them' });
});
