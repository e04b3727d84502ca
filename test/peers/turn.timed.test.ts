import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call } from '../../telephony/call.ts';
import type { IceServer } from '../../telephony/media/ice-servers.ts';
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
const called = (from: Phone, to: Phone) => talking(from, to, `sip:bob@127.0.0.1:${to.local.port}`);

/** Ports that a description gives to the other side, with what they are. */
const candidates = (call: Call) =>
  call.messages.flatMap(({ message }) =>
    [...message.body.matchAll(/^a=candidate:.* (\d+) typ (\w+)/gm)].map(([, port, type]) => ({ port, type })),
  );

/** Somebody who takes every packet and answers none. */
async function mute() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let asked = 0;
  socket.on('message', () => {
    asked += 1;
  });
  const { port } = socket.address();
  return { urls: `stun:127.0.0.1:${port}`, port, asked: () => asked, [Symbol.dispose]: () => socket.close() };
}

describe.each(['werift', 'wrtc'] as const)('%s', (engine) => {
  test('a call that may go through a TURN server alone does, both ways', async () => {
    await using alice = await phone('alice', engine, [turn()]);
    await using bob = await phone('bob', engine, [turn('pw-alice', '?transport=tcp')]);
    const [call] = await called(alice, bob);
    const offered = candidates(call);
    expect(new Set(offered.map(({ type }) => type))).toEqual(new Set(['relay']));
    expect(offered.length).toBeGreaterThanOrEqual(2);
    await call.close();
    expect(server.log()).toMatch(/ALLOCATE processed, success/);
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
    const [call] = await called(alice, bob);
    const troubles = (one: Call) => one.events.flatMap((event) => (event.type === 'trouble' ? [event.message] : []));
    expect(troubles(call)).toEqual([`${down.urls} does not answer`]);
    const first = down.asked();
    expect(first).toBeGreaterThan(0);
    await call.close();
    const [again] = await called(alice, bob);
    expect(troubles(again)).toEqual([]);
  });

  test('of several TURN servers one that serves is enough; where none does, they are named', async () => {
    using down = await mute();
    const dead = { ...turn(), urls: `turn:127.0.0.1:${down.port}` };
    await using alice = await phone('alice', engine, [dead, turn()]);
    await using bob = await phone('bob', engine, [turn()]);
    const [call] = await called(alice, bob);
    await call.close();
  });
});

test('an allocation is given back when the call is over', async () => {
  const before = server.log().length;
  await using alice = await phone('alice', 'werift', [turn()]);
  await using bob = await phone('bob', 'werift', [turn()]);
  const [call] = await called(alice, bob);
  await call.close();
  await expect.poll(() => server.log().slice(before), { timeout: 5000 }).toMatch(/REFRESH processed, success/);
});
