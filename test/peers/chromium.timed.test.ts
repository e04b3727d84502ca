import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call, CallEvent } from '../../telephony/call.ts';
import { chunks } from '../../telephony/media/leg.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { sines } from '../../telephony/media/tones.ts';
import { Phone } from '../../telephony/phone.ts';
import { toneShare } from '../kit/sound.ts';
import { type Softphone, softphone } from './chromium.ts';
import { type Kamailio, kamailio } from './kamailio.ts';
import { type Rtpengine, rtpengine } from './rtpengine.ts';

const [ours, theirs] = [620, 940];
let relay: Rtpengine;
let proxy: Kamailio;
let media: MediaThread;
let desktop: Softphone;
beforeAll(async () => {
  relay = await rtpengine();
  proxy = await kamailio({ media: relay.port });
  media = new MediaThread();
  const server = `ws://127.0.0.1:${proxy.ports.ws}/`;
  desktop = await softphone({ server, user: 'desk', password: 'pw-desk', hum: theirs });
});
afterAll(async () => {
  await desktop?.[Symbol.asyncDispose]();
  await media?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
  await relay?.[Symbol.asyncDispose]();
});

const phone = (kind: 'web' | 'plain', codecs: readonly string[]) =>
  Phone.open(
    {
      user: 'alice',
      server: kind === 'web' ? `ws://127.0.0.1:${proxy.ports.ws}/` : `127.0.0.1:${proxy.ports.sip}`,
      domain: '127.0.0.1',
      codecs,
      digits: true,
      account: { user: 'alice', password: 'pw-alice' },
      ...(kind === 'web' ? { web: { servers: [] } } : {}),
    },
    { clock: systemClock, random: seeded(5), media },
  );

const ever = (call: Call, type: CallEvent['type']) =>
  call.until((event): event is typeof event => event.type === type, 0, AbortSignal.timeout(60_000));

/** Their hum is in what we hear, ours in what the page plays. */
async function bothHeard(call: Call): Promise<void> {
  await ever(call, 'first-packet');
  const port = call.media.tap(systemClock.now());
  for await (const { samples } of chunks(port)) if (toneShare(samples, theirs) > 0.8) break;
  await expect.poll(() => desktop.loudness(ours)).toBeGreaterThan(100);
  const above = async () => (await desktop.loudness(ours)) - (await desktop.loudness(ours * 2.5));
  await expect.poll(above).toBeGreaterThan(40);
}

test.each([
  ['plain', ['PCMU'], 'audio/PCMU'],
  ['web', ['OPUS'], 'audio/opus'],
] as const)('a %s phone with %s calls an agent in Chromium; each hears the other', async (kind, codecs, mime) => {
  await using alice = await phone(kind, codecs);
  const call = await alice.dial('desk');
  await ever(call, 'answered');
  call.media.play(sines([ours], 1000), { loop: true }).catch(() => undefined);
  await bothHeard(call);
  await expect.poll(() => desktop.came()).toMatchObject({ lost: 0, codec: mime });
  await desktop.press('5');
  expect((await ever(call, 'digit')).event).toMatchObject({ digit: '5', by: 'rfc4733' });
  expect((await call.media.figures()).received).toMatchObject({ lost: 0, sources: 1 });
  await call.close();
});

test('an agent in Chromium calls a plain phone of ours', async () => {
  await using alice = await phone('plain', ['PCMA']);
  const taken = Promise.withResolvers<Call>();
  alice.onCall((call) => {
    call.signalling.answer();
    taken.resolve(call);
  }, taken.reject);
  await using _ = await alice.register();
  await desktop.call('sip:alice@127.0.0.1');
  const call = await taken.promise;
  call.media.play(sines([ours], 1000), { loop: true }).catch(() => undefined);
  await bothHeard(call);
  await call.close();
});
