import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import type { Command } from '../command.ts';
import { packageRoot } from '../package.ts';

const ignored = '.throughline/\n';

const init: Command = {
  about: 'make journeys/ and config/ here, with a first journey that runs against the practice contact centre',
  example: 'throughline init && throughline run',
  options: { force: { type: 'boolean', about: 'overwrite files that are there' } },
  run: async ({ io, flag }) => {
    const copies = ['config/local.yaml', 'journeys/chat/opening-hours.yaml', 'journeys/journey.schema.json'];
    const there = copies.filter((file) => existsSync(join(io.cwd, file)));
    if (there.length > 0 && !flag('force'))
      throw new SpecError(
        `${there.join(', ')} ${there.length > 1 ? 'are' : 'is'} there already`,
        'nothing was written; --force overwrites',
      );
    for (const file of copies) {
      const to = join(io.cwd, file);
      mkdirSync(join(to, '..'), { recursive: true });
      cpSync(join(packageRoot, file), to);
      io.stdout.write(`made ${relative(io.cwd, to)}\n`);
    }
    const ignore = join(io.cwd, '.gitignore');
    const said = existsSync(ignore) ? readFileSync(ignore, 'utf8') : '';
    if (!said.includes(ignored)) writeFileSync(ignore, said + ignored);
    io.stdout.write('next: throughline run\n');
    return exits.passed;
  },
};

export default init;
