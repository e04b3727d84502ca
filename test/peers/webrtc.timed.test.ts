import { describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import { audioFlow } from '../../telephony/media/flow.ts';
import { Phone } from '../../telephony/phone.ts';
import { ever, registered, rig, talking } from '../kit/rig.ts';

const peers = rig();

const phone = (user: string, kind: 'web' | 'plain', codecs = ['PCMU', 'PCMA']) =>
  Phone.open(
    {
      user,
      server: kind === 'web' ? `ws://127.0.0.1:${peers.proxy.ports.ws}/` : `127.0.0.1:${peers.proxy.ports.sip}`,
      domain: '127.0.0.1',
      codecs,
      digits: true,
      account: { user, password: `pw-${user}` },
      ...(kind === 'web' ? { web: { servers: [] } } : {}),
    },
    { clock: systemClock, random: seeded(user.length), media: peers.media },
  );

const stop = () => AbortSignal.timeout(60_000);

describe.each([
  ['web', 'plain'],
  ['plain', 'web'],
  ['web', 'web'],
] as const)('%s calls %s through Kamailio and rtpengine', (from, to) => {
  test('both hear each other, keys arrive, and the call ends at both ends', async () => {
    await using alice = await phone('alice', from);
    await using bob = await phone('bob', to);
    const [call, other] = await registered(alice, bob, 'bob');
    await call.media.press('42#');
    await other.until((event): event is typeof event => event.type === 'digit' && event.digit === '#', 0, stop());
    const digits = other.events.flatMap((event) => (event.type === 'digit' ? event.digit : []));
    expect(digits.join('')).toBe('42#');
    for (const one of [call, other]) {
      const figures = await one.media.figures();
      expect(audioFlow(figures, 0)).toMatch(/both-ways|unproven/);
      expect(figures.received.packets).toBeGreaterThan(10);
    }
    await call.close();
    await ever(other, 'ended');
  });
});

test('hold and resume over WebRTC', async () => {
  await using alice = await phone('alice', 'web');
  await using bob = await phone('bob', 'plain');
  const [call] = await registered(alice, bob, 'bob');
  await call.hold();
  expect((await call.media.figures()).direction).toBe('sendonly');
  await call.resume();
  expect((await call.media.figures()).direction).toBe('sendrecv');
  await call.close();
});

test.each(['PCMU', 'G722', 'OPUS'])('%s over WebRTC from end to end, with nobody between', async (codec) => {
  const direct = (user: string, codecs: readonly string[]) =>
    Phone.open(
      { user, host: '127.0.0.1', codecs, digits: true, web: { servers: [] } },
      { clock: systemClock, random: seeded(user.length), media: peers.media },
    );
  await using alice = await direct('alice', ['PCMU', 'G722', 'OPUS']);
  await using bob = await direct('bob', [codec]);
  const [call, other] = await talking(alice, bob, `sip:bob@127.0.0.1:${bob.local.port}`);
  await call.media.press('5');
  await ever(other, 'digit');
  expect([await call.media.figures(), await other.media.figures()]).toMatchObject([{ codec }, { codec }]);
  await call.close();
});

test('a plain offer to a phone of WebRTC is refused as not acceptable', async () => {
  await using plain = await Phone.open(
    { user: 'carol', host: '127.0.0.1', codecs: ['PCMU'], digits: true },
    { clock: systemClock, random: seeded(1), media: peers.media },
  );
  await using web = await Phone.open(
    { user: 'dave', host: '127.0.0.1', codecs: ['PCMU'], digits: true, web: { servers: [] } },
    { clock: systemClock, random: seeded(2), media: peers.media },
  );
  const trouble = new Promise((resolve) => web.onCall(() => undefined, resolve));
  const call = await plain.dial(`sip:dave@127.0.0.1:${web.local.port}`);
  const { event } = await ever(call, 'refused');
  expect(event).toMatchObject({ refusal: { status: 488 } });
  expect(String(await trouble)).toContain('does not speak WebRTC');
});
