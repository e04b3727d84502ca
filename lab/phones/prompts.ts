import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeWav } from '../../telephony/evidence/wav.ts';
import { Speaker, type SpeakerSettings } from '../../telephony/speaking/speaker.ts';
import { customers, pounds } from '../people.ts';

interface Sheet {
  readonly text: string;
  readonly layer: string;
}

const ivr = (text: string): Sheet => ({ text, layer: 'ivr' });
const routing = (text: string): Sheet => ({ text, layer: 'routing' });

/** All that the bank's telephone says, by name. */
const sheets: Readonly<Record<string, Sheet>> = {
  greeting: ivr('Thank you for calling Acme Bank.'),
  closed: ivr('Our lines are closed at the moment. Please call again tomorrow.'),
  menu: ivr('For your balance press one. To dispute a charge press two. To leave a message press three.'),
  'menu-other-words': ivr(
    'For your balance press one. To order a new cheque book press two. To leave a message press three.',
  ),
  'account-number': ivr('Please enter your six digit account number.'),
  unknown: ivr('I am sorry, I did not understand that.'),
  'no-account': ivr('I cannot find that account number.'),
  goodbye: ivr('Thank you for calling. Goodbye.'),
  'leave-message': ivr('Please leave your message after the tone.'),
  'case-opened': ivr('I am opening a case for your newest charge.'),
  queue: routing('I am putting you through to the disputes team.'),
  'queue-other-team': routing('I am putting you through to the mortgages team.'),
  'balance-wrong': ivr('Your balance is not available.'),
  ...Object.fromEntries(
    customers.map(({ number, balancePence }) => [`balance-${number}`, ivr(`Your balance is ${pounds(balancePence)}.`)]),
  ),
};

const voice: SpeakerSettings = { engine: 'auto', voice: 'en-gb', speed: 165 };
/** Changes with what a rendering depends on beside the texts. */
const version = 1;

/** Where the recordings lie, as enrolled prompts do: `<name>.wav` beside `<name>.yaml`. */
export const promptFolder = join(
  tmpdir(),
  `throughline-lab-prompts-${createHash('sha256')
    .update(JSON.stringify([version, voice, sheets]))
    .digest('hex')
    .slice(0, 12)}`,
);

const speaker = new Speaker(voice);

/** The sound of a prompt, 8 kHz mono. Throws RangeError for a name that there is not. */
export async function soundOf(name: string): Promise<Int16Array> {
  const sheet = sheets[name];
  if (!sheet) throw new RangeError(`the bank has no prompt ${name}`);
  return speaker.speak(sheet.text);
}

let rendering: Promise<string> | undefined;

/** Renders what is not there yet, so that journeys know what they will hear. Resolves to the folder. */
export function renderPrompts(): Promise<string> {
  if (existsSync(promptFolder)) return Promise.resolve(promptFolder);
  // Two at once would write where the first has moved away.
  rendering ??= render().finally(() => {
    rendering = undefined;
  });
  return rendering;
}

async function render(): Promise<string> {
  const fresh = `${promptFolder}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  for (const [name, sheet] of Object.entries(sheets)) {
    await writeFile(join(fresh, `${name}.wav`), writeWav({ rate: 8000, channels: [await soundOf(name)] }));
    await writeFile(join(fresh, `${name}.yaml`), stringify(sheet));
  }
  // Whoever was first has rendered the same.
  await rename(fresh, promptFolder).catch(() => rm(fresh, { recursive: true }));
  return promptFolder;
}
