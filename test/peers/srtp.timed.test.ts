import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call } from '../../telephony/call.ts';
import { Phone } from '../../telephony/phone.ts';
import { ever, rig, speech } from '../kit/rig.ts';

const peers = rig();

const around = (seed: number) => ({ clock: systemClock, random: seeded(seed), media: peers.media });
const sound = { codecs: ['PCMU', 'PCMA'], digits: true };

const registered = (user: string, srtp: boolean) => {
  const { sip, tls } = peers.proxy.ports;
  const server = srtp ? `sip:127.0.0.1:${tls};transport=tls` : `127.0.0.1:${sip}`;
  const account = { user, password: `pw-${user}` };
  const settings = { user, server, domain: '127.0.0.1', account, srtp, tls: { ca: peers.proxy.ca }, ...sound };
  return Phone.open(settings, around(user.length));
};

const alone = (user: string, srtp: boolean) =>
  Phone.open({ user, host: '127.0.0.1', srtp, ...sound }, around(user.length));

/** The next call of a phone, answered and speaking. */
function taken(phone: Phone): Promise<Call> {
  const { promise, resolve, reject } = Promise.withResolvers<Call>();
  phone.onCall((call) => {
    try {
      call.signalling.answer();
    } catch (error) {
      reject(error);
      return;
    }
    call.media.play(speech, { loop: true }).catch(() => undefined);
    resolve(call);
  }, reject);
  return promise;
}

describe.each([
  ['SDES over TLS', 'plain', true],
  ['plain', 'SDES over TLS', false],
] as const)('%s calls %s through Kamailio and rtpengine', (_from, _to, sealed) => {
  test('both hear each other, keys arrive, reports come back', async () => {
    await using alice = await registered('alice', sealed);
    await using bob = await registered('bob', !sealed);
    const answered = taken(bob);
    await using _ = await bob.register();
    const call = await alice.dial('bob');
    await ever(call, 'answered');
    call.media.play(speech, { loop: true }).catch(() => undefined);
    const other = await answered;
    await Promise.all([ever(call, 'speech'), ever(other, 'speech')]);
    await call.media.press('42#');
    await other.until(
      (event): event is typeof event => event.type === 'digit' && event.digit === '#',
      0,
      AbortSignal.timeout(60_000),
    );
    expect(other.events.flatMap((event) => (event.type === 'digit' ? event.digit : [])).join('')).toBe('42#');
    const [encrypted, clear] = sealed ? [call, other] : [other, call];
    expect(encrypted.description).toContain('RTP/SAVP');
    expect(encrypted.media.target?.crypto?.theirs.suite).toBe('AES_CM_128_HMAC_SHA1_80');
    expect(clear.description).not.toContain('a=crypto');
    for (const one of [call, other]) expect(one.events.filter(({ type }) => type === 'trouble')).toEqual([]);
    await call.close();
    await ever(other, 'ended');
  });
});

test('hold and resume keep the keys, and the sound comes back', async () => {
  await using alice = await alone('alice', true);
  await using bob = await alone('bob', true);
  const answered = taken(bob);
  const call = await alice.dial(`sip:bob@127.0.0.1:${bob.local.port}`);
  const other = await answered;
  await ever(call, 'speech');
  const { crypto } = call.media.target ?? {};
  await call.hold();
  await call.resume();
  expect(call.media.target?.crypto).toEqual(crypto);
  call.media.play(speech, { loop: true }).catch(() => undefined);
  await ever(other, 'speech');
  await call.close();
});

test('what was not sealed with the agreed key is not heard, and told once', async () => {
  await using alice = await alone('alice', true);
  await using bob = await alone('bob', true);
  const answered = taken(bob);
  const call = await alice.dial(`sip:bob@127.0.0.1:${bob.local.port}`);
  const other = await answered;
  await ever(other, 'first-packet');
  const before = (await other.media.figures()).received;
  const stranger = createSocket('udp4');
  const packet = Buffer.alloc(172, 0xff);
  packet.writeUInt32BE(0x80_00_00_01);
  for (let n = 0; n < 20; n += 1) stranger.send(packet, other.media.local.port, '127.0.0.1');
  const { event } = await ever(other, 'trouble');
  expect(event).toMatchObject({ message: expect.stringContaining('not sealed') });
  const { received } = await other.media.figures();
  expect(received.sources).toBe(before.sources);
  expect(other.events.filter(({ type }) => type === 'trouble')).toHaveLength(1);
  stranger.close();
  await once(stranger, 'close');
  await call.close();
});

test.each([
  [true, false],
  [false, true],
])('an offer with SRTP %s to a phone with SRTP %s is refused with 488', async (from, to) => {
  await using alice = await alone('alice', from);
  await using bob = await alone('bob', to);
  const answered = taken(bob).catch(String);
  const call = await alice.dial(`sip:bob@127.0.0.1:${bob.local.port}`);
  const { event } = await ever(call, 'refused');
  expect(event).toMatchObject({ refusal: { status: 488 } });
  expect(await answered).toMatch(from ? /wants SRTP/ : /not encrypted/);
});
