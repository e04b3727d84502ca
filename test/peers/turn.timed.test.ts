import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import { probe } from '../../drivers/voice/probe.ts';
import type { Finding } from '../../drivers/voice/probe-reading.ts';
import { settings } from '../../drivers/voice/settings.ts';
import type { Call } from '../../telephony/call.ts';
import type { IceServer, IceTls } from '../../telephony/media/ice-servers.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import type { WebEngine } from '../../telephony/media/web-wire.ts';
import { Phone } from '../../telephony/phone.ts';
import { talking } from '../kit/rig.ts';
import { type Coturn, coturn } from './coturn.ts';

let server: Coturn;
let media: MediaThread;
beforeAll(async () => {
  server = await coturn();
  media = new MediaThread();
});
afterAll(async () => {
  await media?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const turn = (credential = 'pw-alice', more = ''): IceServer => ({
  urls: `turn:127.0.0.1:${server.port}${more}`,
  username: 'alice',
  credential,
});
const phone = (user: string, engine: WebEngine, servers: readonly IceServer[], policy: 'all' | 'relay' = 'relay') =>
  Phone.open(
    { user, host: '127.0.0.1', codecs: ['PCMU'], digits: true, web: { servers, policy, engine } },
    { clock: systemClock, random: seeded(user.length), media },
  );
const stop = () => AbortSignal.timeout(60_000);
const called = (from: Phone, to: Phone) => talking(from, to, `sip:bob@127.0.0.1:${to.local.port}`);

/** What the descriptions of both sides offer the other for the sound. */
const candidates = (call: Call) =>
  call.messages.flatMap(({ message, again }) =>
    again ? [] : [...message.body.matchAll(/^a=candidate:.* typ (\w+)/gm)].map(([, type]) => type),
  );

/** Somebody who takes every packet and answers none. */
async function mute() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  return { urls: `stun:127.0.0.1:${port}`, port, [Symbol.dispose]: () => socket.close() };
}

/** The way to a server that is far away: each packet takes so long, ms. */
async function far(to: number, ms: number) {
  const near = createSocket('udp4').bind(0, '127.0.0.1');
  await once(near, 'listening');
  const beyond = new Map<number, Socket>();
  near.on('message', (bytes, { port }) => {
    const known = beyond.get(port);
    const socket = known ?? createSocket('udp4');
    beyond.set(port, socket);
    if (!known)
      socket.on('message', (answer) => setTimeout(() => near.send(answer, port, '127.0.0.1', () => undefined), ms));
    setTimeout(() => socket.send(bytes, to, '127.0.0.1', () => undefined), ms);
  });
  return {
    port: near.address().port,
    [Symbol.dispose]: () => {
      for (const socket of [near, ...beyond.values()]) socket.removeAllListeners('message').unref();
    },
  };
}

test('a server that is far away is asked again before it can answer, and is not held to refuse our credentials', async () => {
  using way = await far(server.port, 100);
  const away = { ...turn(), urls: `turn:127.0.0.1:${way.port}?transport=udp` };
  await using alice = await phone('alice', 'werift', [away]);
  await using bob = await phone('bob', 'werift', [turn()]);
  const [call, other] = await called(alice, bob);
  expect(new Set(candidates(call))).toEqual(new Set(['relay']));
  await Promise.all([call.close(), other.close()]);
});

test('the probe says what is wrong with the servers of ICE', async () => {
  await using bob = await phone('bob', 'werift', [], 'all');
  bob.onCall(
    (call) => call.signalling.answer(),
    () => undefined,
  );
  const probed = async (servers: readonly IceServer[]) => {
    const found: Finding[] = [];
    const { trunks } = settings.parse({ trunks: { web: { webrtc: true, ice: servers } } });
    const persona = trunks.web!;
    await probe(
      {
        chosen: { name: 'web', agent: false, persona },
        target: `sip:bob@127.0.0.1:${bob.local.port}`,
        listen: 200,
        patience: 5000,
        headers: [],
      },
      { clock: systemClock, random: seeded(9), signal: stop(), tell: (finding) => void found.push(finding) },
    );
    return found.flatMap(({ of, mark, text }) => (of === 'ice' ? [`${mark}: ${text}`] : []));
  };
  using down = await mute();
  expect(await probed([turn('wrong')])).toEqual([
    `bad: turn:127.0.0.1:${server.port} refuses the credentials of \`alice\``,
  ]);
  expect(await probed([{ urls: down.urls }])).toEqual([`notice: ${down.urls} does not answer`]);
});

test('a TURN server whom no datagram reaches is asked by TCP, unless the URL says how; over TLS it must be vouched for', async () => {
  await using far = await coturn({ udp: false });
  const at = (urls: string): IceServer => ({ urls, username: 'alice', credential: 'pw-alice' });
  const relaying = (user: string, urls: string, tls?: IceTls) =>
    Phone.open(
      {
        user,
        host: '127.0.0.1',
        codecs: ['PCMU'],
        digits: true,
        web: { servers: [at(urls)], policy: 'relay', ...(tls ? { tls } : {}) },
      },
      { clock: systemClock, random: seeded(user.length), media },
    );
  const secure = `turns:127.0.0.1:${far.tlsPort}`;
  await using alice = await relaying('alice', `turn:127.0.0.1:${far.port}`);
  await using bob = await relaying('bob', secure, { ca: far.ca });
  for (let again = 0; again < 2; again += 1) {
    const [call, other] = await called(alice, bob);
    expect(new Set(candidates(call))).toEqual(new Set(['relay']));
    await Promise.all([call.close(), other.close()]);
  }
  await using strict = await relaying('strict', `turn:127.0.0.1:${far.port}?transport=udp`);
  await expect(strict.dial('sip:bob@127.0.0.1:9')).rejects.toMatchObject({ message: /does not answer$/ });
  await using wary = await relaying('wary', secure);
  await expect(wary.dial('sip:bob@127.0.0.1:9')).rejects.toMatchObject({ message: /self-signed certificate$/ });
});

describe.each(['werift', 'wrtc', 'browser'] as const)('%s', (engine) => {
  test('a TURN server whom no datagram reaches is asked by TCP', async () => {
    await using far = await coturn({ udp: false });
    const servers = [{ urls: `turn:127.0.0.1:${far.port}`, username: 'alice', credential: 'pw-alice' }];
    await using alice = await phone('alice', engine, servers);
    await using bob = await phone('bob', engine, servers);
    const [call, other] = await called(alice, bob);
    expect(new Set(candidates(call))).toEqual(new Set(['relay']));
    expect(call.events.flatMap((event) => (event.type === 'trouble' ? [event.message] : []))).toEqual([]);
    await Promise.all([call.close(), other.close()]);
  });

  test('a call that may go through TURN servers alone does, both ways, and gives back what it was lent', async () => {
    const before = server.log().length;
    using down = await mute();
    const dead = { ...turn(), urls: `turn:127.0.0.1:${down.port}` };
    await using alice = await phone('alice', engine, [dead, turn()]);
    await using bob = await phone('bob', engine, [turn('pw-alice', '?transport=tcp')]);
    const [call, other] = await called(alice, bob);
    expect(candidates(call).length).toBeGreaterThanOrEqual(2);
    expect(new Set(candidates(call))).toEqual(new Set(['relay']));
    await Promise.all([call.close(), other.close()]);
    const freed = () =>
      server
        .log()
        .slice(before)
        .match(/REFRESH processed, success/g) ?? [];
    await expect.poll(() => freed().length).toBeGreaterThanOrEqual(2);
  });

  test('wrong credentials end the call at once, with whose they are', async () => {
    for (const policy of ['relay', 'all'] as const) {
      await using alice = await phone('alice', engine, [turn('wrong')], policy);
      await expect(alice.dial('sip:bob@127.0.0.1:9')).rejects.toMatchObject({
        fault: 'settings',
        message: `turn:127.0.0.1:${server.port} refuses the credentials of \`alice\``,
      });
    }
  });

  test('a STUN server that is down is named, and the next call does not ask it', async () => {
    using down = await mute();
    await using alice = await phone('alice', engine, [{ urls: down.urls }], 'all');
    await using bob = await phone('bob', engine, [], 'all');
    const troubled = async () => {
      await using call = await alice.dial(`sip:bob@127.0.0.1:${bob.local.port}`);
      return call.events.flatMap((event) => (event.type === 'trouble' ? [event.message] : []));
    };
    bob.onCall(
      (call) => call.signalling.answer(),
      () => undefined,
    );
    expect(await troubled()).toEqual([`${down.urls} does not answer`]);
    expect(await troubled()).toEqual([]);
  });
});
