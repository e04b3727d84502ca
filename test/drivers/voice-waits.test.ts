import { beforeAll, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import type { StepEnded } from '../../core/event.ts';
import { walkText } from '../kit/stage.ts';
import { telephone } from '../kit/telephone.ts';
import { ok, pause, recv, reply, replySdp, sipp } from '../peers/sipp.ts';

let drivers: ReadonlyMap<string, Driver>;
beforeAll(async () => {
  drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
});

const walked = (steps: readonly string[], there: string) =>
  walkText(`title: waits\nowner: voice-team\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`, {
    drivers,
    world: { within: { step: 20_000, walk: 60_000, finally: 10_000 } },
    settings: { names: { there }, speech: { engine: 'babble' }, patience: 0 },
  });
const told = (ended: readonly StepEnded[]) =>
  ended.map(({ step, status, trouble }) => `${step} ${status}${trouble ? `: ${trouble.message}` : ''}`);

const early = 'voice.dial: { to: there, until: ringing }';

test('what is said before the answer is heard, and the answer is a step of its own', async () => {
  await using peer = await telephone(async (call, { speech }) => {
    call.signalling.ring(true);
    await call.media.play(await speech('all our agents are busy'));
    call.signalling.answer([]);
    await call.media.play(await speech('good morning'), { loop: true });
  });
  const { ended } = await walked(
    [early, 'voice.hear-speech:', 'voice.wait-answer:', 'voice.hear-speech:', 'voice.hang-up:'],
    peer.address,
  );
  expect(ended.map(({ status }) => status)).toEqual(Array(5).fill('passed'));
});

test('an answer that came while another step went on is found', async () => {
  await using peer = await sipp([
    recv('INVITE'),
    reply('180 Ringing'),
    pause(200),
    replySdp('200 OK'),
    recv('ACK'),
    recv('BYE'),
    ok(),
  ]);
  const steps = [early, 'pause: 1s', 'voice.wait-answer:', 'voice.hang-up:'];
  const { ended } = await walked(steps, `sip:service@127.0.0.1:${peer.port}`);
  expect(told(ended)).toEqual([
    'voice.dial passed',
    'pause passed',
    'voice.wait-answer passed',
    'voice.hang-up passed',
  ]);
  await peer.done();
});

test.each([0, 1000])('a call that is refused instead is told as such, also %i ms before the step', async (ms) => {
  await using peer = await sipp([
    recv('INVITE'),
    reply('180 Ringing'),
    pause(300),
    reply('486 Busy Here'),
    recv('ACK'),
  ]);
  const { ended } = await walked([early, `pause: ${ms}ms`, 'voice.wait-answer:'], `sip:service@127.0.0.1:${peer.port}`);
  expect(told(ended).at(-1)).toBe('voice.wait-answer failed: the call was rejected: 486 Busy Here');
});

test('nobody who answers is a failure when the time is up', async () => {
  await using peer = await telephone(async (call) => call.signalling.ring());
  const { ended } = await walked([early, 'voice.wait-answer:\n    within: 1s'], peer.address);
  expect(told(ended).at(-1)).toBe('voice.wait-answer failed: it rang, and nobody answered');
});
