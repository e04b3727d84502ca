import { describe, expect, onTestFinished, test } from 'vitest';
import { readWav, writeWav } from '../../telephony/evidence/wav.ts';
import { join as joined } from '../../telephony/media/tones.ts';
import { Speaker } from '../../telephony/speaking/speaker.ts';
import { Project } from '../kit/project.ts';
import { type Telephone, telephone } from '../kit/telephone.ts';

const words = 'For your balance press one. To dispute a charge press two.';
const others = 'For your balance press one. To complain about somebody press two.';
const speaker = new Speaker({ engine: 'espeak-ng', voice: 'en-gb', speed: 160 });

async function project(peer?: Telephone): Promise<Project> {
  const made = new Project();
  onTestFinished(() => made[Symbol.dispose]());
  const names = peer ? `, names: { bank: "${peer.address}" }` : '';
  made.write('config/local.yaml', `voice: { prompts: journeys/sounds/prompts${names} }\n`);
  made.write('journeys/sounds/prompts/.keep', '');
  const silence = new Int16Array(6000);
  for (const [name, text] of [
    ['menu', words],
    ['changed', others],
    ['goodbye', 'Thank you for calling, and goodbye until another day.'],
  ] as const)
    made.write(
      `${name}.wav`,
      writeWav({ rate: 8000, channels: [joined([silence, await speaker.speak(text), silence])] }),
    );
  return made;
}

describe('throughline enroll', () => {
  test('a recording becomes a prompt, without the silence around it', async () => {
    const made = await project();
    const { code, out } = await made.run([
      'enroll',
      'ivr/menu.en',
      '--text',
      words,
      '--wav',
      'menu.wav',
      '--by',
      'ada',
    ]);
    expect(out).toContain(`next: - voice.hear: ${words}`);
    expect(code).toBe(0);
    expect(made.read('journeys/sounds/prompts/ivr/menu.en.yaml')).toMatch(
      /text: .*balance[\s\S]*layer: ivr[\s\S]*approved: ada/,
    );
    expect((await made.run(['prompts', 'list'])).out).toMatch(/^ivr\/menu\.en {2}For your balance/);
    const twin = await made.run(['enroll', 'ivr/twin', '--text', words, '--wav', 'menu.wav']);
    expect(twin.out).toMatch(/it sounds like ivr\/menu\.en \(1\.00\): only their place in a journey/);
    expect((await made.run(['enroll', 'bye', '--text', 'bye', '--wav', 'goodbye.wav'])).out).not.toContain(
      'sounds like',
    );
    const again = await made.run(['enroll', 'ivr/menu.en', '--text', words, '--wav', 'changed.wav']);
    expect(again.err).toMatch(/there is a prompt ivr\/menu\.en\n.*prompts review/);
    expect(again.code).toBe(2);
  });

  test('what answers a call becomes a prompt that the next call is heard by', async () => {
    await using peer = await telephone(async (call) => {
      call.signalling.answer([]);
      await call.media.play(await speaker.speak(words));
    });
    const made = await project(peer);
    const { code, err } = await made.run(['enroll', 'menu', '--text', words, '--call', 'bank', '--seconds', '5']);
    expect(err).toBe('');
    expect(code).toBe(0);
    made.write(
      'journeys/call.yaml',
      `title: t\nsteps:\n  - voice.dial: bank\n  - voice.hear: ${words}\n    within: 4s\n`,
    );
    const ran = await made.run(['run', 'journeys/call.yaml']);
    expect(ran.out).toContain('1 passed');
  });

  test.each([
    [['enroll', 'menu', '--wav', 'menu.wav'], /needs its words/],
    [['enroll', 'menu', '--text', 'a'], /--wav or from --call/],
    [['enroll', '../menu', '--text', 'a', '--wav', 'menu.wav'], /takes a name such as/],
    [['enroll', 'menu', '--text', 'a', '--wav', 'config/local.yaml'], /cannot read config\/local\.yaml/],
    [
      ['enroll', 'menu', '--text', 'a', '--wav', 'menu.wav', '--from', '0s', '--to', '200ms'],
      /nothing to recognise there/,
    ],
    [['prompts', 'review', 'menu', '--wav', 'menu.wav'], /no prompt menu/],
  ])('%j is refused with the way out', async (args, said) => {
    const { code, err } = await (await project()).run(args);
    expect(err).toMatch(said);
    expect(code).toBe(2);
  });
});

test('prompts review says what changed, and shows both to hear and to see', async () => {
  const made = await project();
  await made.run(['enroll', 'menu', '--text', words, '--wav', 'menu.wav']);
  const review = async (wav: string) => (await made.run(['prompts', 'review', 'menu', '--wav', wav])).out;
  expect(await review('menu.wav')).toContain('says the same, and would be recognised');
  expect(await review('changed.wav')).toMatch(/other words from \d\.\d s to \d\.\d s/);
  const page = made.read('.throughline/prompt-review.html');
  expect(page.match(/<audio/g)).toHaveLength(2);
  expect(page).toContain('<rect');
  expect(await review('goodbye.wav')).toContain('another one altogether');
  expect(readWav(Buffer.from(/base64,([^"]+)"/.exec(page)?.[1] ?? '', 'base64')).rate).toBe(8000);
});
