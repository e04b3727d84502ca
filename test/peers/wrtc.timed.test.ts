import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call, CallEvent } from '../../telephony/call.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';
import { babble } from '../../telephony/speaking/babble.ts';
import { type Kamailio, kamailio } from './kamailio.ts';
import { type Rtpengine, rtpengine } from './rtpengine.ts';

let relay: Rtpengine;
let proxy: Kamailio;
let media: MediaThread;
beforeAll(async () => {
  relay = await rtpengine();
  proxy = await kamailio({ media: relay.port });
  media = new MediaThread();
});
afterAll(async () => {
  await media?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
  await relay?.[Symbol.asyncDispose]();
});

const phone = (user: string, kind: 'web' | 'plain', thread = media) =>
  Phone.open(
    {
      user,
      server: kind === 'web' ? `ws://127.0.0.1:${proxy.ports.ws}/` : `127.0.0.1:${proxy.ports.sip}`,
      domain: '127.0.0.1',
      codecs: ['PCMU', 'OPUS'],
      digits: true,
      account: { user, password: `pw-${user}` },
      ...(kind === 'web' ? { web: { servers: [], engine: 'wrtc' } } : {}),
    },
    { clock: systemClock, random: seeded(user.length), media: thread },
  );

const sound = babble('one two three four five six seven eight nine ten eleven twelve');
const ever = (call: Call, type: CallEvent['type']) =>
  call.until((event): event is typeof event => event.type === type, 0, AbortSignal.timeout(20_000));

/** Both have spoken and heard each other. */
async function talking(from: Phone, to: Phone, number: string): Promise<readonly [Call, Call]> {
  const taken = Promise.withResolvers<Call>();
  to.onCall((call) => {
    call.signalling.answer();
    call.media.play(sound, { loop: true }).catch(() => undefined);
    taken.resolve(call);
  }, taken.reject);
  await using _ = await to.register();
  const call = await from.dial(number);
  await ever(call, 'answered');
  call.media.play(sound, { loop: true }).catch(() => undefined);
  const other = await taken.promise;
  await Promise.all([ever(call, 'speech'), ever(other, 'speech')]);
  return [call, other];
}

test.each([
  ['web', 'plain'],
  ['plain', 'web'],
] as const)(
  'libwebrtc: %s calls %s through Kamailio and rtpengine; figures are those of its packets',
  async (from, to) => {
    await using alice = await phone('alice', from);
    await using bob = await phone('bob', to);
    const [call, other] = await talking(alice, bob, 'bob');
    const web = from === 'web' ? call : other;
    await expect
      .poll(async () => (await web.media.figures()).received.packets, { timeout: 10_000 })
      .toBeGreaterThan(20);
    const figures = await web.media.figures();
    expect(figures).toMatchObject({ codec: 'PCMU', received: { loss: 0 } });
    expect(figures.mos).toBeGreaterThan(3.5);
    // libwebrtc gives no way to send telephone-events here: keys are tones.
    await web.media.press('7', { ms: 200 });
    const plain = web === call ? other : call;
    expect((await ever(plain, 'digit')).event).toMatchObject({ digit: '7', by: 'in-band' });
    await call.close();
    await ever(other, 'ended');
  },
);

/** The process of this name that a thread of ours has started. */
function ours(name: string): number {
  const tasks = readdirSync('/proc/self/task');
  const children = tasks.flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' '));
  const found = children.filter((child) => child && readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(name));
  expect(found).toHaveLength(1);
  return Number(found[0]);
}

test('a process of libwebrtc that dies is told to its calls, and the next call has another', async () => {
  await using alice = await phone('alice', 'web');
  await using bob = await phone('bob', 'plain');
  const [call] = await talking(alice, bob, 'bob');
  process.kill(ours('wrtc-child'), 'SIGKILL');
  const { event } = await ever(call, 'trouble');
  expect(event).toMatchObject({ message: 'the process of engine wrtc ended (SIGKILL)' });
  await call.close();
  const [again] = await talking(alice, bob, 'bob');
  await again.close();
});

test('without the package the call is refused with the line that installs it', async () => {
  const hook = `import { registerHooks } from 'node:module';
registerHooks({ resolve: (name, context, next) => next(name === '@roamhq/wrtc' ? '@roamhq/not-there' : name, context) });`;
  const before = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
  await using bare = new MediaThread();
  if (before === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = before;
  await using alice = await phone('alice', 'web', bare);
  await expect(alice.dial('bob')).rejects.toThrow(
    /engine wrtc needs the package @roamhq\/wrtc, which cannot be loaded here \(.*\): npm install @roamhq\/wrtc/,
  );
});
