import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { writeWav } from '../../telephony/evidence/wav.ts';
import { cadence, cadences } from '../../telephony/media/tones.ts';
import { Speaker } from '../../telephony/speaking/speaker.ts';
import { Project } from '../kit/project.ts';
import { walkText } from '../kit/stage.ts';
import { telephone } from '../kit/telephone.ts';

const notice = 'This call may be recorded for quality.';
const menu = 'For your balance press one. To dispute a charge press two.';
const closed = 'Our offices are closed at the moment. Please call again tomorrow.';
const voice = { engine: 'espeak-ng', voice: 'en-gb', speed: 160 } as const;
const speaker = new Speaker(voice);
const folder = mkdtempSync(join(tmpdir(), 'throughline-prompts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let drivers: ReadonlyMap<string, Driver>;
beforeAll(async () => {
  drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
  for (const [name, text] of Object.entries({ notice, menu, closed })) {
    writeFileSync(join(folder, `${name}.wav`), writeWav({ rate: 8000, channels: [await speaker.speak(text)] }));
    writeFileSync(join(folder, `${name}.yaml`), `text: ${JSON.stringify(text)}\nlayer: ivr\n`);
  }
});

const texts = () => Promise.all([notice, menu].map((text) => speaker.speak(text)));

/** A telephone that says notice and menu, or something else; the watchers stand beside the steps. */
async function watched(whenever: string, steps: string, sounds: () => Promise<readonly Int16Array[]> = texts) {
  const made = await sounds();
  await using peer = await telephone(async (call) => {
    call.signalling.answer([]);
    for (const sound of made) await call.media.play(sound);
  });
  return await walkText(`title: a call\nwhenever:\n${whenever}steps:\n  - voice.dial: ivr\n${steps}`, {
    drivers,
    settings: { names: { ivr: peer.address }, speech: voice, prompts: [folder] },
  });
}

// Named is enough: what a stall of this machine puts into a sentence is not what is tested here.
const hear = (text: string, id: string, more = '', leg = '') =>
  `  - voice.hear: { text: "${text}", until: named${leg} }\n    id: ${id}\n${more}`;

test.concurrent('a watcher hears what is said at any time, and takes nothing away from the steps', async () => {
  const { statuses, ended } = await watched(
    hear(notice, 'any-notice') + hear(menu, 'any-menu') + hear(closed, 'unmet', '    soft: true\n'),
    `${hear(notice, 'notice', '    within: 15s\n')}${hear(menu, 'menu', '    within: 15s\n')}  - voice.hang-up:\n`,
  );
  const bad = ended.filter(({ step, status }) => step !== 'unmet' && status !== 'passed');
  expect(bad.map(({ step, status, sentence }) => `${step} ${status}: ${sentence}`)).toEqual([]);
  expect(statuses.unmet).toBe('failed');
  expect(ended.find(({ step }) => step === 'unmet')?.trouble).toMatchObject({
    kind: 'failure',
    message: `“${closed}” was not heard`,
  });
});

test.concurrent('what has begun when the steps are over is heard out; a call that is not there says nothing', async () => {
  const { statuses, ended } = await watched(
    `${hear(menu, 'any-menu')}${hear(menu, 'elsewhere', '    soft: true\n', ', leg: other')}`,
    `${hear(notice, 'notice', '    within: 15s\n')}  - pause: 800ms\n`,
  );
  expect(statuses).toMatchObject({ 'any-menu': 'passed', elsewhere: 'failed', notice: 'passed' });
  expect(ended.find(({ step }) => step === 'elsewhere')?.trouble?.came).toBe('there was no call');
});

test.concurrent('a tone is watched for, too', async () => {
  const tone = (name: string, more: string) => `  - voice.hear-tone: ${name}\n    id: ${name}${more}\n`;
  const { statuses, ended } = await watched(
    tone('busy', '') + tone('fax', '\n    soft: true'),
    `${tone('busy', '-now\n    within: 15s')}  - voice.hang-up:\n`,
    async () => [cadence(cadences.uk.busy ?? [], 4000)],
  );
  expect(statuses).toMatchObject({ busy: 'passed', fax: 'failed', 'busy-now': 'passed', 'voice.hang-up': 'passed' });
  expect(ended.find(({ step }) => step === 'fax')?.trouble?.message).toBe('a fax tone was not heard');
});

test('what only a step can mean is refused before anything is dialled', async () => {
  using project = new Project();
  project.write(
    'journeys/call.yaml',
    'title: a call\nowner: o\nwhenever:\n  - voice.hear: { file: x.wav, next: true }\nsteps:\n  - voice.dial: sip:ivr@127.0.0.1:5\n',
  );
  const { code, err, out } = await project.run(['check']);
  expect(code).toBe(2);
  expect(err + out).toContain('journeys/call.yaml:4:5 `next` has no meaning in `whenever`');
});
