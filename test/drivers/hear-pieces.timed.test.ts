import { expect, test } from 'vitest';
import { writeWav } from '../../telephony/evidence/wav.ts';
import { join } from '../../telephony/media/tones.ts';
import { Speaker } from '../../telephony/speaking/speaker.ts';
import { Project } from '../kit/project.ts';
import { telephone } from '../kit/telephone.ts';

const speaker = new Speaker({ engine: 'espeak-ng', voice: 'en-us', speed: 150 });
const pause = new Int16Array(8 * 60);
const put = async (...texts: readonly string[]) =>
  join((await Promise.all(texts.map((text) => speaker.speak(text)))).flatMap((piece) => [piece, pause]));

test('a text with slots is heard in pieces that were enrolled by the folder; its value is saved and checked', async () => {
  using project = new Project();
  const sound = await put('you have', 'forty', 'two', 'new messages');
  await using peer = await telephone(async (call) => {
    call.signalling.answer([]);
    await call.media.play(sound);
  });
  project.write('config/local.yaml', `voice: { prompts: prompts, names: { ivr: "${peer.address}" } }\n`);
  project.write('prompts/.keep', '');
  for (const [file, text] of Object.entries({ 2: 'two', 5: 'five', 7: 'seven', 40: 'forty', 50: 'fifty' }))
    project.write(`pieces/${file}.wav`, writeWav({ rate: 8000, channels: [await speaker.speak(text)] }));
  const enrolled = await project.run(['enroll', 'numbers', '--pieces', 'pieces']);
  expect(enrolled.out).toMatch(/made 5 pieces in .*numbers/);
  expect(project.read('prompts/numbers/40.yaml')).toMatch(/^text: forty\n/);
  for (const [name, text] of [
    ['have', 'you have'],
    ['messages', 'new messages'],
  ] as const) {
    project.write(`${name}.wav`, writeWav({ rate: 8000, channels: [await speaker.speak(text)] }));
    expect((await project.run(['enroll', name, '--text', text, '--wav', `${name}.wav`])).code).toBe(0);
  }
  const journey = (name: string, text: string, more = '') =>
    project.write(
      `journeys/${name}.yaml`,
      `title: ${name}\nsteps:\n  - voice.dial: ivr\n  - voice.hear: "${text}"\n    within: 20s\n    save: heard\n${more}`,
    );
  journey(
    'a',
    'you have {number} new messages',
    `  - voice.dial: "no: \${heard.values.number}"\n    if: heard.values.number != '42'\n`,
  );
  journey('b', 'you have {number=57} new messages');
  journey('c', 'you have forty two new messages');
  const run = (name: string) => project.run(['run', `journeys/${name}.yaml`]);
  const [a, b, c] = [await run('a'), await run('b'), await run('c')];
  expect(a.out).toContain('1 passed');
  expect(b.out).toMatch(/another number was said/);
  expect(b.out).toMatch(/42: “you have forty two new messages”/);
  expect(c.out).toContain('1 passed');
  journey('d', 'you have {amounts} new messages');
  journey('e', 'you have {number} new faxes');
  project.write('sound.wav', 'RIFF and no more');
  project.write('journeys/f.yaml', 'title: f\nsteps:\n  - voice.dial: ivr\n  - voice.play: sound.wav\n');
  const { err, code } = await project.run(['check']);
  expect(err).toMatch(/d\.yaml:4:5 .*there is no slot \{amounts\}\n +hint: slots are digits/);
  expect(err).toMatch(/e\.yaml:4:5 .*no prompts are enrolled that make “new faxes”\n +hint: .*throughline enroll/);
  expect(err).toMatch(/f\.yaml:4:5 sound\.wav cannot be played: no WAV file\n? ?.*/);
  expect(code).toBe(2);
});

test('barging in tells how long the other side went on; yielding falls silent for it', async () => {
  using project = new Project();
  const long = await speaker.speak(
    'This is a very long announcement that nobody has ever heard to its end, and it goes on and on.',
  );
  const sorry = await speaker.speak('Sorry, may I say something');
  await using ivr = await telephone(async (call) => {
    call.signalling.answer([]);
    const speech = call.until(
      (event): event is typeof event => event.type === 'speech',
      0,
      AbortSignal.timeout(60_000),
    );
    const playing = call.media.play(long);
    await speech;
    call.media.stopPlaying();
    await playing;
  });
  await using person = await telephone(async (call) => {
    call.signalling.answer([]);
    await call.until((event): event is typeof event => event.type === 'speech', 0, AbortSignal.timeout(60_000));
    await call.media.play(sorry);
  });
  project.write('config/local.yaml', `voice: { names: { ivr: "${ivr.address}", person: "${person.address}" } }\n`);
  project.write(
    'journeys/a.yaml',
    'title: over\nsteps:\n  - voice.dial: ivr\n  - voice.hear-speech:\n  - pause: 1s\n  - voice.say: { text: Representative please, over: true }\n',
  );
  project.write(
    'journeys/b.yaml',
    `title: yield\nsteps:\n  - voice.dial: person\n  - voice.say: { text: "This is a very long announcement that nobody has ever heard to its end, and it goes on and on", over: true, yield: true }\n    save: said\n  - voice.dial: nobody\n    if: said.interrupted != \`true\`\n`,
  );
  const [over, gave] = await Promise.all(
    ['a', 'b'].map((name) => project.run(['run', `journeys/${name}.yaml`, '--reporter', 'ndjson'])),
  );
  const metric = (out: string, name: string) => Number(new RegExp(`"name":"${name}","value":(\\d+)`).exec(out)?.[1]);
  expect(metric(over!.out, 'barge-in')).toBeGreaterThan(20);
  expect(metric(over!.out, 'barge-in')).toBeLessThan(1200);
  expect(metric(gave!.out, 'yielded-after')).toBeLessThan(3000);
  expect(gave!.code).toBe(0);
});
