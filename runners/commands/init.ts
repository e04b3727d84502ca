import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import type { Call, Command } from '../command.ts';
import { packageRoot } from '../package.ts';
import { voiceFiles } from '../voice-start.ts';

const ignored = '.throughline/\n';
const schema = 'journeys/journey.schema.json';
const ours = (...files: readonly string[]) =>
  Object.fromEntries(files.map((file) => [file, readFileSync(join(packageRoot, file), 'utf8')]));

const init: Command = {
  about: 'make journeys/ and config/ here, with a first journey that runs against the practice contact centre',
  example: 'throughline init --voice --server pbx.example --user 1001 --number 600',
  options: {
    voice: { type: 'boolean', about: 'a first call on your own PBX or SIP trunk instead' },
    server: { type: 'string', value: 'HOST', about: 'with --voice: the PBX, as pbx.example or 10.0.0.1:5070' },
    user: { type: 'string', value: 'NAME', about: 'with --voice: your extension; its password stays outside' },
    number: {
      type: 'string',
      value: 'NUMBER',
      about: 'with --voice: what to call, best something that answers itself',
    },
    force: { type: 'boolean', about: 'overwrite files that are there' },
  },
  run: async (call) => {
    const { io, flag } = call;
    const voice = flag('voice');
    const stray = ['server', 'user', 'number'].find((name) => !voice && call.text(name) !== undefined);
    if (stray !== undefined) throw new SpecError(`--${stray} says something of a PBX`, 'give --voice too');
    const files = voice
      ? voiceFiles(first(call))
      : ours('config/local.yaml', 'journeys/chat/opening-hours.yaml', schema);
    const there = Object.keys(files).filter((file) => existsSync(join(io.cwd, file)));
    if (there.length > 0 && !flag('force'))
      throw new SpecError(
        `${there.join(', ')} ${there.length > 1 ? 'are' : 'is'} there already`,
        'nothing was written; --force overwrites',
      );
    for (const [file, text] of Object.entries({ ...(voice ? ours(schema) : {}), ...files })) {
      mkdirSync(join(io.cwd, file, '..'), { recursive: true });
      writeFileSync(join(io.cwd, file), text);
      io.stdout.write(`made ${file}\n`);
    }
    const ignore = join(io.cwd, '.gitignore');
    const said = existsSync(ignore) ? readFileSync(ignore, 'utf8') : '';
    if (!said.includes(ignored)) writeFileSync(ignore, said + ignored);
    io.stdout.write(voice ? nextCall(call) : 'next: throughline run\n');
    return exits.passed;
  },
};

const first = (call: Call) => {
  const user = call.text('user');
  return {
    server: call.text('server') ?? 'pbx.example',
    number: call.text('number') ?? '600',
    ...(user === undefined ? {} : { user }),
  };
};

function nextCall(call: Call): string {
  const missing = ['server', 'number'].filter((name) => call.text(name) === undefined);
  const edit = missing.length > 0 ? 'next: put your PBX and a number into config/pbx.yaml\n' : '';
  const password = call.text('user') === undefined ? '' : 'next: export THROUGHLINE_SIP_PASSWORD=…\n';
  return `${edit}${password}next: throughline voice probe front-desk --env pbx\nthen: throughline run journeys/voice --env pbx\n`;
}

export default init;
