import { join, relative } from 'node:path';
import { exits } from '../../core/verdict.ts';
import type { Command } from '../command.ts';
import { commitOf } from '../commit.ts';
import { compose } from '../compose.ts';

import { memoryOf } from '../memory.ts';
import { once, pick } from '../once.ts';
import { packageRoot } from '../package.ts';
import { openReporters } from '../reporting.ts';

const demo: Command = {
  about: 'walk the shipped journeys through the practice contact centre, one screen of an agent late on purpose',
  example: 'throughline demo',
  run: async ({ io }) => {
    const commit = commitOf(io.cwd);
    await using house = await compose({
      cwd: io.cwd,
      root: packageRoot,
      faults: { 'desk.late-pop': '5s' },
      live: true,
    });
    const store = join(io.cwd, '.throughline');
    const journeys = await pick(house, [], []);
    await using memory = await memoryOf({ ...house, store });
    const report = join(store, 'report.html');
    const reporters = await openReporters(['console', `html=${report}`], {
      io,
      root: store,
      history: memory.history,
    });
    io.stdout.write(
      'The practice contact centre is up. Its desk shows an agent 5 s late who is calling: watch which step says so, and whose it is.\n\n',
    );
    const ended = await once({ ...house, store }, journeys, {
      wanted: { jobs: 2, repeat: 1, strict: false, failFast: false },
      around: {
        memory,
        interrupt: io.interrupt,
        abandon: io.abandon,
        say: (line) => io.stderr.write(`${line}\n`),
        reporters,
        commit: await commit,
      },
    });
    io.stdout.write(`\nreport: ${relative(io.cwd, report)}\n`);
    return ended.exit ?? exits.broken;
  },
};

export default demo;
