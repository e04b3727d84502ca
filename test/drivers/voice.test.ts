import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import type { StepEnded } from '../../core/event.ts';
import { Secrets } from '../../core/secrets.ts';
import type { Call } from '../../telephony/call.ts';
import { readWav } from '../../telephony/evidence/wav.ts';
import { InBandReader } from '../../telephony/hearing/in-band.ts';
import { walkText } from '../kit/stage.ts';
import { digitsOf, type Telephone, telephone } from '../kit/telephone.ts';

let drivers: ReadonlyMap<string, Driver>;
beforeAll(async () => {
  drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
});

const journey = (steps: string, more = '') =>
  `title: a call\nowner: voice-team\n${more}steps:\n${steps
    .trim()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}\n`;

async function walked(steps: string, peer: Telephone, { more = '', settings = {} } = {}) {
  return walkText(journey(steps, more), {
    drivers,
    world: { within: { step: 20_000, walk: 60_000, finally: 10_000 } },
    settings: {
      names: { ivr: peer.address },
      speech: { engine: 'babble' },
      agents: { alice: { user: 'alice', register: false } },
      ...settings,
    },
  });
}

const told = (ended: readonly StepEnded[]) =>
  ended.filter(({ trouble }) => trouble).map(({ step, status, trouble }) => `${step} ${status}: ${trouble?.message}`);
const answering = (then: (call: Call, peer: Telephone) => Promise<unknown> = async () => {}) =>
  telephone(async (call, peer) => {
    call.signalling.answer(['X-Queue: billing']);
    await then(call, peer);
  });
const stop = () => AbortSignal.timeout(60_000);

test('a call: dialled, heard, spoken to, keys pressed, quality judged, hung up by them', async () => {
  const pressed: string[] = [];
  await using peer = await answering(async (call, { speech }) => {
    await call.media.play(await speech('Thank you for calling Acme Bank.'));
    pressed.push(await digitsOf(call, 4, stop()));
    await call.media.play(await speech('Goodbye.'));
    await call.signalling.hangUp('Q.850;cause=16');
  });
  const { status, events, ended } = await walked(
    `
- voice.dial: ivr
  save: call
- voice.hear-speech:
- voice.hear-silence: 800ms
- voice.say: I want to dispute a charge
- voice.press: "21*#"
- voice.hear-speech:
- voice.expect-hang-up: 16
`,
    peer,
  );
  expect(told(ended)).toEqual([]);
  expect(status).toBe('passed');
  expect(pressed).toEqual(['21*#']);
  const notes = events.filter((event) => event.type === 'step.noted').map(({ note }) => note);
  const metrics = notes.filter((note) => note.type === 'metric').map(({ name }) => name);
  expect(metrics).toEqual(expect.arrayContaining(['setup', 'first-rtp', 'loss', 'jitter', 'mos']));
  const files = notes.filter((note) => note.type === 'file').map(({ mime }) => mime);
  expect(files).toEqual(['application/vnd.throughline.ladder+json', 'text/csv', 'audio/wav']);
});

test('quality is judged by what came; when we ourselves were late, we say so and blame nobody', async () => {
  await using peer = await answering(async (call, { speech }) =>
    call.media.play(await speech('One two three.'), { loop: true }),
  );
  const steps = '- voice.dial: ivr\n- voice.hear-speech:\n- voice.expect-quality: { mos: 4.45 }';
  const [said] = told((await walked(steps, peer)).ended);
  expect(said).toMatch(
    /failed: the sound is poor: estimated MOS 4\.[0-4]\d, not 4\.45|broken: our own sender was late/,
  );
});

test('level, overdrive and gaps are limits too; a line that loses packets has gaps', async () => {
  await using peer = await answering(async (call, { speech }) => {
    call.media.thin({ loss: 0.2, burst: 3, seed: 4 });
    await call.media.play(await speech('One two three four five six.'), { loop: true });
  });
  const good = '- voice.expect-quality: { level: -40, clipping: 5, gap: 2s, gaps: 500 }';
  const steps = `- voice.dial: ivr\n- voice.hear-speech:\n- pause: 2s\n${good}\n- voice.expect-quality: { level: -5, gap: 20ms, gaps: 1 }`;
  expect(told((await walked(steps, peer)).ended)).toEqual([
    expect.stringMatching(
      /failed: the sound is poor: spoken at -\d+ dBov, not -5, a gap of \d+ ms, not 20 ms, \d+ gaps in the sound, not 1$/,
    ),
  ]);
});

test('the mark and the trace context travel in the INVITE; what they answer can be saved', async () => {
  const invites: Record<string, string>[] = [];
  await using peer = await answering(async ({ signalling }) => {
    invites.push(Object.fromEntries(signalling.invite!.headers.map(({ name, value }) => [name, value])));
  });
  const { ended } = await walked(
    `
- voice.dial: { to: ivr, from: "+442079460018", headers: { User-to-User: 00abc;encoding=hex } }
  save: call
- pause.pause: 1ms
  if: call.headers."x-queue" == 'billing'
`,
    peer,
  );
  expect(ended.map(({ status }) => status)).toEqual(['passed', 'passed']);
  expect(invites[0]).toMatchObject({
    'x-synthetic-journey': expect.stringContaining('test; run=run; walk=run-1'),
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/),
    'user-to-user': '00abc;encoding=hex',
    from: expect.stringContaining('sip:+442079460018@'),
  });
});

describe.concurrent('what does not come about is the failure of the step', () => {
  const outcome = async (behave: (call: Call) => void, steps = '- voice.dial: ivr') => {
    await using peer = await telephone(async (call) => behave(call));
    return told((await walked(steps, peer)).ended);
  };
  test('busy', async () => {
    const busy = ['Reason: Q.850;cause=17;text="User busy"'];
    expect(await outcome(({ signalling }) => signalling.reject(486, busy))).toEqual([
      'voice.dial failed: the call was rejected: 486 Busy Here (Q.850 17: User busy)',
    ]);
  });
  test('busy, when that is what must come', async () => {
    const steps = (status: number) =>
      `- voice.dial: { to: ivr, until: refused, status: ${status} }\n  save: busy\n- voice.dial: ivr\n  if: busy.cause != \`17\``;
    const busy = ({ signalling }: Call) => void signalling.reject(486, ['Reason: Q.850;cause=17']);
    expect(await outcome(busy, steps(486))).toEqual([]);
    expect((await outcome(busy, steps(603)))[0]).toBe(
      'voice.dial failed: the call was refused otherwise: 486 Busy Here (Q.850 17)',
    );
    expect((await outcome(({ signalling }) => void signalling.answer(), steps(486)))[0]).toBe(
      'voice.dial failed: the call was answered',
    );
    const none = steps(486).replace('save', 'within: 1s\n  save');
    expect((await outcome(() => {}, none))[0]).toBe('voice.dial failed: nobody refused the call');
  });
  test('no answer', async () => {
    const steps = '- voice.dial: ivr\n  within: 1s';
    expect(await outcome(() => {}, steps)).toEqual(['voice.dial failed: it rang, and nobody answered']);
  });
  test('answered, and no sound', async () => {
    const steps = '- voice.dial: ivr\n- voice.hear-speech:\n  within: 2500ms';
    expect(await outcome(({ signalling, media }) => [signalling.answer(), void media.close()], steps)).toEqual([
      'voice.hear-speech failed: nobody spoke',
    ]);
  });
  test('they hang up while we wait', async () => {
    const steps = '- voice.dial: ivr\n- voice.hear-speech:\n  within: 3s';
    const [said] = await outcome(({ signalling }) => {
      signalling.answer();
      setTimeout(() => signalling.hangUp('SIP;cause=500;text="Queue gone"').catch(() => {}), 100);
    }, steps);
    expect(said).toMatch(/^voice\.hear-speech failed: the call is over: they hung up \(SIP 500: Queue gone\)/);
  });
  test('they do not hang up', async () => {
    const steps = '- voice.dial: ivr\n- voice.expect-hang-up:\n  within: 300ms';
    expect(await outcome(({ signalling }) => signalling.answer(), steps)).toEqual([
      'voice.expect-hang-up failed: they did not hang up',
    ]);
  });
  test('nobody calls the agent', async () => {
    await using peer = await answering();
    const more = 'actors:\n  agent: { voice: { as: agents/alice } }\n';
    const steps = '- voice.dial: ivr\n  as: agent\n- voice.answer:\n  as: agent\n  within: 300ms';
    const { ended } = await walked(steps, peer, { more });
    expect(told(ended)).toEqual(['voice.answer failed: no call came']);
  });
  test('a target that the guard does not know, and a text that is none', async () => {
    await using peer = await answering();
    const away = await walked('- voice.dial: away', peer, { settings: { names: { away: 'sip:x@203.0.113.1' } } });
    expect(told(away.ended)).toEqual(['voice.dial broken: the guard does not allow sip:x@203.0.113.1']);
    const wrong = await walked('- voice.dial: what is this', peer);
    expect(told(wrong.ended)).toEqual(['voice.dial broken: not a phone number and not a SIP address: what is this']);
  });
});

test('hold and resume', async () => {
  const changes: string[] = [];
  await using peer = await answering(async (call) => {
    for (let from = 0; ; ) {
      const changed = await call.until(
        (event): event is Extract<typeof event, { type: 'changed' }> => event.type === 'changed',
        from,
        stop(),
      );
      changes.push(/a=(send\w+|recv\w+|inactive)/.exec(changed.event.offer)?.[1] ?? '');
      from = changed.position + 1;
      if (changes.length === 2) return;
    }
  });
  const { ended } = await walked('- voice.dial: ivr\n- voice.hold:\n- voice.resume:\n- voice.hang-up:', peer);
  expect(told(ended)).toEqual([]);
  expect(changes).toEqual(['sendonly', 'sendrecv']);
});

test('they send us elsewhere, and we go there', async () => {
  await using there = await answering(async (call, { speech }) =>
    call.media.play(await speech('Here is the voicemail.')),
  );
  const progress: number[] = [];
  await using peer = await answering(async (call) => {
    await call.signalling.refer(there.address);
    for (let from = 0; progress.at(-1) !== 200; ) {
      const told = await call.until(
        (event): event is Extract<typeof event, { type: 'transfer' }> => event.type === 'transfer',
        from,
        stop(),
      );
      progress.push(told.event.status);
      from = told.position + 1;
    }
  });
  const { ended } = await walked(
    '- voice.dial: ivr\n- voice.expect-transfer: ivr@\n- voice.hear-speech:\n- voice.hang-up:',
    peer,
  );
  expect(told(ended)).toEqual([]);
  expect(progress).toEqual([100, 200]);
});

test('we send them elsewhere; a transfer that fails says so', async () => {
  const asked: string[] = [];
  await using peer = await answering(async (call) => {
    const { event } = await call.until(
      (one): one is Extract<typeof one, { type: 'referred' }> => one.type === 'referred',
      0,
      stop(),
    );
    asked.push(event.to);
    call.signalling.notify(asked.length === 1 ? 200 : 486, asked.length === 1 ? 'OK' : 'Busy Here');
  });
  const steps = '- voice.dial: ivr\n- voice.transfer: sip:alice@127.0.0.1:5999';
  expect(told((await walked(steps, peer)).ended)).toEqual([]);
  expect(told((await walked(steps, peer)).ended)).toEqual([
    'voice.transfer failed: the transfer to sip:alice@127.0.0.1:5999 failed: 486 Busy Here',
  ]);
  expect(asked).toEqual(['sip:alice@127.0.0.1:5999', 'sip:alice@127.0.0.1:5999']);
});

test('a secret that is pressed or said is not told, and the recording is silent there and nowhere else', async () => {
  await using peer = await answering(async (call, { speech }) => {
    await digitsOf(call, 1, stop());
    await call.media.play(await speech('Thank you and goodbye.'));
  });
  const secrets = new Secrets();
  secrets.add(['4821', 'open sesame']);
  const root = mkdtempSync(join(tmpdir(), 'throughline-secret-'));
  const steps =
    '- voice.dial: ivr\n- voice.press: { digits: "4821", by: in-band }\n- voice.say: open sesame\n- voice.hear-silence: 1s\n- voice.press: "9"\n- voice.hear-speech:\n- voice.say: goodbye';
  const { events, ended } = await walkText(journey(steps), {
    drivers,
    world: { secrets, root },
    settings: { names: { ivr: peer.address }, speech: { engine: 'babble' }, patience: 0 },
  });
  expect(told(ended)).toEqual([]);
  const notes = events.flatMap((event) => (event.type === 'step.noted' ? [event.note] : []));
  const talk = notes.flatMap((note) => (note.type === 'talk' && note.ours ? [note.text] : []));
  expect(talk[0]).toBe(`presses ${secrets.text('4821')}`);
  expect(talk.join()).not.toContain('4821');
  const folder = events.flatMap((event) => (event.type === 'walk.started' ? [event.folder] : []))[0] ?? '';
  const fileOf = (mime: string) => {
    const note = notes.find((one) => one.type === 'file' && one.mime === mime);
    return readFileSync(join(root, folder, note?.type === 'file' ? note.path : 'none'));
  };
  const { channels } = readWav(fileOf('audio/wav'));
  const [heard, said] = channels as [Int16Array, Int16Array];
  expect(new InBandReader().push(said)).toEqual([]);
  // What is left of our voice is shorter than one of the secrets, and all that they said is there.
  const loud = (samples: Int16Array) => samples.filter((sample) => Math.abs(sample) > 300).length / 8;
  const ours = (await peer.speech('goodbye')).filter((sample) => Math.abs(sample) > 300).length / 8;
  const theirs = (await peer.speech('Thank you and goodbye.')).filter((sample) => Math.abs(sample) > 300).length / 8;
  expect(Math.abs(loud(said) - ours)).toBeLessThan(ours / 4);
  expect(Math.abs(loud(heard) - theirs)).toBeLessThan(theirs / 4);
  rmSync(root, { recursive: true });
});
