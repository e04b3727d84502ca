import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { shelfOf } from '../prompts.ts';

const prompts: Command = {
  about:
    'list the prompts that `voice.hear` knows; review one beside a new recording of it, to hear and see what changed',
  usage: 'list | review NAME',
  example: 'throughline prompts review ivr/greeting.en --wav new-greeting.wav',
  options: {
    ...placeOptions,
    wav: { type: 'string', value: 'PATH', about: 'the new recording' },
    text: { type: 'string', value: 'WORDS', about: 'its words, where they changed' },
    out: { type: 'string', value: 'PATH', about: 'page to write (default .throughline/prompt-review.html)' },
  },
  run: async (call) => {
    const { io } = call;
    const [verb = 'list', name, more] = call.words;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    const { promptsOf } = await import('../../drivers/voice.ts');
    const { folders } = await shelfOf(house);
    const all = await promptsOf(folders, house.root);
    if (verb === 'list' && name === undefined) {
      const width = Math.max(0, ...all.map((one) => one.name.length)) + 2;
      for (const one of all) io.stdout.write(`${one.name.padEnd(width)}${one.text}\n`);
      if (all.length === 0) io.stdout.write('there are none; make one with `throughline enroll`\n');
      return exits.passed;
    }
    const wav = call.text('wav');
    if (verb !== 'review' || name === undefined || wav === undefined || more !== undefined)
      throw new SpecError('prompts knows list and review NAME --wav PATH', prompts.example);
    const old = all.find((one) => one.name === name);
    if (!old)
      throw new SpecError(`there is no prompt ${name}`, `there are ${all.map((one) => one.name).join(', ') || 'none'}`);
    const { reviewPage, compared } = await import('../prompt-review.ts');
    const fresh = read(resolve(io.cwd, wav));
    const review = compared(old, { before: read(old.wav), after: fresh, text: call.text('text') ?? old.text });
    const out = resolve(house.root, call.text('out') ?? '.throughline/prompt-review.html');
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, reviewPage(review));
    io.stdout.write(`${review.sentence}\nreview: ${out}\n`);
    io.stdout.write(
      `to take the new one: throughline enroll ${name} --wav ${wav} --text ${JSON.stringify(review.text)} --force\n`,
    );
    return exits.passed;
  },
};

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SpecError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export default prompts;
