import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import { promptFolder, renderPrompts } from '../../lab/phones/prompts.ts';
import { readWav } from '../../telephony/evidence/wav.ts';
import { Project } from '../kit/project.ts';

const config = `lab: auto
voice:
  via: bank
  trunks: { bank: { server: "\${lab.sip}" } }
  names: { bank: "sip:bank@\${lab.sip}" }
  prompts: ["\${lab.prompts}", mine]
  recordings: always
`;
const greeting = 'Thank you for calling Acme Bank';
const asked = 'Please enter your six digit account number';
const journey = `title: to the account number
steps:
  - voice.dial: bank
    within: 8s
  - voice.hear-speech:
    id: speaks
    within: 6s
  - voice.hear: ${greeting}
    id: greeted
    within: 6s
  - voice.press: { digits: "2", over: true }
  - voice.hear: { text: ${asked}, until: named }
    id: asked
    within: 6s
`;

test('a prompt is named while it plays, and what a good call heard becomes prompts that say the same', async () => {
  await renderPrompts();
  const made = new Project();
  onTestFinished(() => made[Symbol.dispose]());
  made.write('config/local.yaml', config);
  made.write('mine/.keep', '');
  made.write('journeys/account.yaml', journey);
  const ran = await made.run(['run', 'journeys/account.yaml']);
  expect(ran.out + ran.err).toContain('1 passed');

  const run = readdirSync(join(made.root, '.throughline/runs'))[0]!;
  const events = made.read(`.throughline/runs/${run}/events.ndjson`).trim().split('\n');
  const all = events.map((line) => JSON.parse(line) as Event);
  const talk = all.find((one) => one.type === 'step.noted' && one.step === 'asked' && one.note.type === 'talk');
  const ended = all.find((one) => one.type === 'step.ended' && one.step === 'asked')!;
  const onset = talk?.type === 'step.noted' && talk.note.type === 'talk' ? talk.note.at : Number.NaN;
  const prompt = readWav(readFileSync(join(promptFolder, 'account-number.wav')));
  expect(ended.at - onset).toBeLessThan((1000 * prompt.channels[0]!.length) / prompt.rate);

  const enrol = (name: string, step: string, ...more: string[]) =>
    made.run(['enroll', name, '--run', 'last', '--step', step, '--text', greeting, '--into', 'mine', ...more]);
  expect(await enrol('greeting', 'greeted')).toMatchObject({ code: 0, err: '' });
  expect(made.read('mine/greeting.yaml')).toMatch(new RegExp(`taken: run ${run}, step greeted`));
  expect((await enrol('spoken', 'speaks')).code).toBe(0);
  const review = async (name: string, wav: string) =>
    (await made.run(['prompts', 'review', name, '--wav', join(promptFolder, `${wav}.wav`)])).out;
  expect(await review('greeting', 'greeting')).toContain('says the same, and would be recognised');
  expect(await review('greeting', 'unknown')).toContain('another one altogether');
  expect((await enrol('other', 'greetd')).err).toMatch(/has no step greetd\n.*did you mean greeted/);
  expect((await made.run(['enroll', 'a', '--wav', 'a.wav', '--step', 'b', '--text', 'a'])).err).toMatch(
    /--step is a step of --run/,
  );
});
