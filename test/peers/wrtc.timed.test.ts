import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';
import { ever, registered, rig } from '../kit/rig.ts';

const peers = rig();

const phone = (user: string, kind: 'web' | 'plain', thread = peers.media) =>
  Phone.open(
    {
      user,
      server: kind === 'web' ? `ws://127.0.0.1:${peers.proxy.ports.ws}/` : `127.0.0.1:${peers.proxy.ports.sip}`,
      domain: '127.0.0.1',
      codecs: ['PCMU', 'OPUS'],
      digits: true,
      account: { user, password: `pw-${user}` },
      ...(kind === 'web' ? { web: { servers: [], engine: 'wrtc' } } : {}),
    },
    { clock: systemClock, random: seeded(user.length), media: thread },
  );

test.each([
  ['web', 'plain'],
  ['plain', 'web'],
] as const)(
  'libwebrtc: %s calls %s through Kamailio and rtpengine; figures are those of its packets',
  async (from, to) => {
    await using alice = await phone('alice', from);
    await using bob = await phone('bob', to);
    const [call, other] = await registered(alice, bob, 'bob');
    const web = from === 'web' ? call : other;
    await expect.poll(async () => (await web.media.figures()).received.packets).toBeGreaterThan(20);
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
  const [call] = await registered(alice, bob, 'bob');
  process.kill(ours('wrtc-child'), 'SIGKILL');
  const { event } = await ever(call, 'trouble');
  expect(event).toMatchObject({ message: 'the process of engine wrtc ended (SIGKILL)' });
  await call.close();
  const [again] = await registered(alice, bob, 'bob');
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
