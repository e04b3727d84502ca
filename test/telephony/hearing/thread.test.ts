import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { reference } from '../../../telephony/hearing/reference.ts';
import { HearingThread } from '../../../telephony/hearing/thread.ts';
import type { HeardChunk } from '../../../telephony/media/tap.ts';
import { MediaThread } from '../../../telephony/media/thread.ts';
import { cadence, cadences, join } from '../../../telephony/media/tones.ts';
import { babble, carried } from '../../kit/sound.ts';
import { silence } from './stage.ts';

let media: MediaThread;
let hearing: HearingThread;
beforeAll(() => {
  // What a starved machine holds up is sent late, not left out: a hole would be heard, and told.
  media = new MediaThread(systemClock, { catchUp: 2000 });
  hearing = new HearingThread();
  hearing.learn([reference('greeting', babble(1500, 1), 'welcome'), reference('menu', babble(1800, 2), 'press one')]);
});
afterAll(async () => {
  await hearing[Symbol.asyncDispose]();
  await media[Symbol.asyncDispose]();
});

const host = '127.0.0.1';
async function call() {
  const [caller, ivr] = await Promise.all([media.open({ host }), media.open({ host })]);
  const codec = { name: 'PCMU', payload: 0, rate: 8000 };
  const target = { codec, accept: [codec], mux: true, ptime: 20, direction: 'sendrecv' as const };
  const ready = new Promise<void>((done) => {
    caller.on(({ type }) => type === 'first-packet' && done());
  });
  caller.connect({ ...target, ...ivr.local, rtcpPort: ivr.local.port });
  ivr.connect({ ...target, ...caller.local, rtcpPort: caller.local.port });
  await ready;
  return { caller, ivr, close: () => Promise.all([caller.close(), ivr.close()]) };
}

test('a prompt over a real call: which it was, when it began and ended', async () => {
  const { caller, ivr, close } = await call();
  const start = performance.timeOrigin + performance.now();
  const listening = hearing.listen(caller, { for: 'prompt', names: ['greeting', 'menu'] }, start);
  // Again and again: on a starved machine a rendition may come out in pieces.
  const playing = ivr.play(join([babble(1800, 2), silence(1200)]), { loop: true });
  const heard = await listening.result;
  expect(heard).toMatchObject({ kind: 'prompt', name: 'menu', text: 'press one' });
  ivr.stopPlaying();
  const { from } = await playing;
  const { sent } = await ivr.figures();
  if (heard.kind === 'prompt' && sent.skipped === 0) {
    expect(heard.changed).toEqual([]);
    expect(Math.abs(heard.onset - from!)).toBeLessThan(60);
  }
  // A step that begins only now still hears what has been said.
  const late = hearing.listen(caller, { for: 'prompt', names: ['menu'] }, start);
  expect(await late.result).toMatchObject({ name: 'menu' });
  await late.stop();
  expect((await listening.stop()).words).toMatch(/s of speech/);
  await close();
});

test('what a call was found to carry is known to the next step: one that plays only in part is named', async () => {
  const { caller, ivr, close } = await call();
  const start = performance.timeOrigin + performance.now();
  const narrow = (ms: number) => carried(babble(1800, 2).subarray(0, ms * 8), 800);
  const listen = (from: number) => hearing.listen(caller, { for: 'prompt', names: ['menu'], named: true }, from);
  const playing = ivr.play(join([narrow(1800), silence(1200)]), { loop: true });
  const whole = listen(start);
  expect(await whole.result).toMatchObject({ name: 'menu' });
  await whole.stop();
  ivr.stopPlaying();
  await playing;
  const part = listen(performance.timeOrigin + performance.now() + 500);
  void ivr.play(join([silence(1000), narrow(1200), silence(800)]), { loop: true });
  // Heard out, its end would be missing.
  expect(await part.result).toMatchObject({ name: 'menu', changed: [] });
  await part.stop();
  await close();
});

test('speech, silence and tones; what is not wanted is told in words', async () => {
  const { caller, ivr, close } = await call();
  const now = performance.timeOrigin + performance.now();
  const speech = hearing.listen(caller, { for: 'speech' }, now);
  const prompt = hearing.listen(caller, { for: 'prompt', names: ['greeting'] }, now);
  const tone = hearing.listen(caller, { for: 'tone', tones: ['busy', 'congestion'] }, now);
  const { due } = await ivr.play(join([silence(200), babble(1200, 3)]));
  const spoken = await speech.result;
  expect(spoken).toMatchObject({ kind: 'speech' });
  const silent = hearing.listen(caller, { for: 'silence', ms: 600 }, spoken.onset);
  const quiet = await silent.result;
  // Where its packets were due, not when a slow machine let them go.
  expect(Math.abs(quiet.onset - (due! + 1400))).toBeLessThan(200);
  void ivr.play(cadence(cadences.europe.congestion!, 3000));
  expect(await tone.result).toMatchObject({
    kind: 'tone',
    tone: 'congestion',
    plan: 'europe',
    hz: [expect.closeTo(425, 0)],
  });
  const { words, others } = await prompt.stop();
  // On a starved machine our own sender leaves out packets, and that is told too.
  const { sent } = await ivr.figures();
  const told = sent.skipped === 0 ? words : words.replace(/, \d\.\d s without packets$/, '');
  expect(told).toMatch(/^\d\.\d s of speech, no known prompt, congestion tone \(425 Hz\)$/);
  expect(others.map(({ name }) => name)).toContain(undefined);
  await expect(prompt.result).rejects.toThrow('no longer listening');
  for (const listening of [speech, silent, tone]) await listening.stop();
  await close();
});

test('a call that ends leaves no listener waiting, an unknown name is refused at once', async () => {
  const { caller, ivr, close } = await call();
  const listening = hearing.listen(caller, { for: 'prompt', names: ['greeting'] }, 0);
  const ended = expect(listening.result).rejects.toThrow('the call has ended');
  await close();
  await ended;
  expect((await listening.stop()).words).toMatch(/^(silence|nothing)/);
  expect(() => hearing.listen(ivr, { for: 'prompt', names: ['nobody'] }, 0)).toThrow('no sound called nobody is known');
  hearing.learn([reference('gone', babble(500, 8))]);
  hearing.forget(['gone']);
  expect(hearing.names.has('gone')).toBe(false);
});

test('what has come before it is to stop is looked at first, and may be what was wanted', async () => {
  const { port1, port2 } = new MessageChannel();
  const listening = hearing.listen({ tap: () => port2 }, { for: 'silence', ms: 1500 }, 0);
  for (let n = 0; n < 20; n += 1)
    port1.postMessage({ at: n * 100, samples: new Int16Array(800), holes: [], voice: [] } satisfies HeardChunk);
  const summary = await listening.stop();
  expect(await listening.result).toMatchObject({ kind: 'silence' });
  expect(summary.listened).toBeGreaterThanOrEqual(1500);
  port1.close();
});
