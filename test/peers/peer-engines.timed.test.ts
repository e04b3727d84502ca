import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { seeded } from '../../core/random.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';
import { ever, registered, rig } from '../kit/rig.ts';
import { walkText } from '../kit/stage.ts';

const peers = rig();

type Engine = 'wrtc' | 'browser';
beforeAll(() => peers.media.warm('browser'));

const phone = (user: string, kind: Engine | 'plain', { thread = peers.media, codecs = ['PCMU', 'OPUS'] } = {}) =>
  Phone.open(
    {
      user,
      server: kind === 'plain' ? `127.0.0.1:${peers.proxy.ports.sip}` : `ws://127.0.0.1:${peers.proxy.ports.ws}/`,
      domain: '127.0.0.1',
      codecs,
      digits: true,
      account: { user, password: `pw-${user}` },
      ...(kind === 'plain' ? {} : { web: { servers: [], engine: kind } }),
    },
    { clock: systemClock, random: seeded(user.length), media: thread },
  );

/** Of a process that may be gone: nothing then. */
function told(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Children of a process, or of this one, and theirs: id and command line. */
function family(pid: number | 'self' = 'self'): readonly { readonly pid: number; readonly command: string }[] {
  const tasks = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  const children = tasks.flatMap((task) => told(`/proc/${pid}/task/${task}/children`).split(' '));
  return children
    .filter(Boolean)
    .map((child) => ({ pid: Number(child), command: told(`/proc/${child}/cmdline`) }))
    .flatMap((child) => [child, ...family(child.pid)]);
}

/** Processes whose command line is like this. */
const running = (like: RegExp) => family().flatMap(({ pid, command }) => (like.test(command) ? pid : []));

const engines = [
  { engine: 'wrtc', keys: 'in-band', holder: /wrtc-child/, died: 'the process of engine wrtc ended (SIGKILL)' },
  // Without a type: the helpers of a browser have one.
  {
    engine: 'browser',
    keys: 'rfc4733',
    holder: /^(?!.*--type=).*remote-debugging-pipe/s,
    died: 'engine browser: Chromium ended',
  },
] as const;

describe.each(engines)('engine $engine', ({ engine, keys, holder, died }) => {
  test.each([
    ['web', 'plain', 'caller'],
    ['web', 'plain', 'callee'],
    ['plain', 'web', 'caller'],
    ['plain', 'web', 'callee'],
  ] as const)('%s calls %s through Kamailio and rtpengine, the %s hangs up', async (from, to, last) => {
    await using alice = await phone('alice', from === 'web' ? engine : 'plain');
    await using bob = await phone('bob', to === 'web' ? engine : 'plain');
    const [call, other] = await registered(alice, bob, 'bob');
    const [web, plain] = from === 'web' ? [call, other] : [other, call];
    // Until the engine has told of its packets, figures are those of the samples between it and us.
    const told = async () => {
      const { codec, received } = await web.media.figures();
      return codec === 'PCMU' ? received.packets : 0;
    };
    await expect.poll(told).toBeGreaterThan(20);
    const figures = await web.media.figures();
    expect(figures).toMatchObject({ codec: 'PCMU', received: { loss: 0 } });
    expect(figures.mos).toBeGreaterThan(3.5);
    const [pressed] = await web.media.press('7', { ms: 200 });
    expect(pressed).toMatchObject({ key: '7', end: pressed!.at + 200 });
    expect((await ever(plain, 'digit')).event).toMatchObject({ digit: '7', by: keys });
    // Neither engine hands over the telephone-events that come: it sounds them.
    await plain.media.press('5', { ms: 600 });
    expect((await ever(web, 'digit')).event).toMatchObject({ digit: '5', by: 'in-band' });
    const [hangs, hears] = last === 'caller' ? [call, other] : [other, call];
    await hangs.close();
    await ever(hears, 'ended');
  });

  test('on hold it sends nothing, keys neither, and goes on afterwards', async () => {
    await using alice = await phone('alice', engine);
    await using bob = await phone('bob', 'plain');
    const [call, other] = await registered(alice, bob, 'bob');
    const came = async () => (await other.media.figures()).received.packets;
    const more = async () => {
      const before = await came();
      await sleep(300);
      return (await came()) - before;
    };
    await other.hold();
    await expect.poll(more).toBe(0);
    const pressing = call.media.press('1', { ms: 600 });
    expect(await more()).toBe(0);
    await other.resume();
    expect(await pressing).toMatchObject([{ key: '1' }]);
    expect((await ever(other, 'digit')).event).toMatchObject({ digit: '1', by: keys });
    await expect.poll(more).toBeGreaterThan(5);
    await call.hold();
    expect((await call.media.figures()).direction).toBe('sendonly');
    await call.resume();
    await call.close();
  });

  test('one that dies is told to its calls, the next call has another, and it goes with us', async () => {
    const others = running(holder);
    const own = () => running(holder).filter((pid) => !others.includes(pid));
    await using thread = new MediaThread();
    await using alice = await phone('alice', engine, { thread });
    await using bob = await phone('bob', 'plain');
    const [call] = await registered(alice, bob, 'bob');
    const [holding, ...more] = own();
    expect(more).toEqual([]);
    process.kill(holding!, 'SIGKILL');
    const { event } = await ever(call, 'trouble');
    expect(event).toMatchObject({ message: died });
    await call.close();
    const [again] = await registered(alice, bob, 'bob');
    await again.close();
    expect(own()).toHaveLength(1);
    await thread[Symbol.asyncDispose]();
    await expect.poll(own).toEqual([]);
  });
});

const drivers = () => discover<Driver>(new URL('../../drivers/', import.meta.url));

const seat = (user: string) => ({
  server: `ws://127.0.0.1:${peers.proxy.ports.ws}/`,
  domain: '127.0.0.1',
  auth: { user, password: `pw-${user}` },
});

test('a journey with Chromium at both ends: dialled, answered, heard, keys pressed, judged, hung up', async () => {
  const { status, ended } = await walkText(
    `title: a call between browsers
owner: voice-team
actors: { agent: { voice: { as: agents/bob } } }
steps:
  - voice.dial: { to: bob, until: ringing }
  - voice.answer:
    as: agent
  - voice.say: Good morning, how can I help you today?
    as: agent
  - voice.hear-speech:
  - voice.say: I would like to dispute a charge
  - voice.hear-speech:
    as: agent
  - voice.press: "42#"
  - voice.expect-quality: { loss: 5 }
  - voice.expect-quality: { loss: 5 }
    as: agent
  - voice.hang-up:
    as: agent
  - voice.expect-hang-up:
`,
    {
      drivers: await drivers(),
      settings: {
        engine: 'browser',
        trunks: { web: seat('alice') },
        agents: { bob: seat('bob') },
        speech: { engine: 'babble' },
      },
      world: { within: { step: 60_000, walk: 120_000, finally: 30_000 } },
    },
  );
  expect(ended.flatMap(({ step, trouble }) => (trouble ? `${step}: ${trouble.message}` : []))).toEqual([]);
  expect(status).toBe('passed');
});

/** What each engine cannot do without is taken away for the time of a test. */
function without(engine: Engine): Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
  writeFileSync(join(folder, 'chromium'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const hook = `import { registerHooks } from 'node:module';
registerHooks({ resolve: (name, context, next) => next(name === '@roamhq/wrtc' ? '@roamhq/not-there' : name, context) });`;
  const [name, value] =
    engine === 'browser'
      ? ['PATH', `${folder}:${process.env.PATH}`]
      : ['NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(hook)}`];
  const before = process.env[name];
  process.env[name] = value;
  return {
    [Symbol.dispose]: () => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
      rmSync(folder, { recursive: true });
    },
  };
}

const missing = {
  wrtc: /engine wrtc needs the package @roamhq\/wrtc, which cannot be loaded here \(.+\): npm install @roamhq\/wrtc$/,
  browser: /engine browser needs Chromium, which cannot be started here \(.+\): npx playwright install chromium$/,
} as const;

test.each(['wrtc', 'browser'] as const)(
  'without what engine %s needs the first step is broken, as caller and as agent, with the line that installs it',
  async (engine) => {
    using _ = without(engine);
    await using bare = new MediaThread();
    await using alice = await phone('alice', engine, { thread: bare });
    await expect(alice.dial('bob')).rejects.toThrow(missing[engine]);
    const settings = { engine, trunks: { web: seat('alice') }, agents: { bob: seat('bob') } };
    const world = { within: { step: 60_000, walk: 120_000, finally: 30_000 } };
    const first = async (steps: string) => {
      const text = `title: a call\nowner: voice-team\nactors: { agent: { voice: { as: agents/bob } } }\nsteps:\n${steps}`;
      const [end] = (await walkText(text, { drivers: await drivers(), settings, world })).ended;
      return { status: end?.status, message: end?.trouble?.message };
    };
    const broken = { status: 'broken', message: expect.stringMatching(missing[engine]) };
    expect(await first('  - voice.dial: bob\n')).toMatchObject(broken);
    expect(await first('  - voice.answer:\n    as: agent\n')).toMatchObject(broken);
  },
);
