import { actionsOf } from '../../core/attempt.ts';
import { exits, glyphs } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { pick } from '../once.ts';

const check: Command = {
  about: 'read journeys and configuration whole and name every problem; nothing is dialled',
  usage: '[PATH...]',
  example: 'throughline check journeys/billing',
  options: placeOptions,
  run: async ({ io, words, text }) => {
    await using house = await compose({
      cwd: io.cwd,
      env: text('env'),
      root: text('root'),
      lab: text('lab'),
      live: false,
    });
    const journeys = await pick(house, words, []);
    for (const { id, steps, advice } of journeys) {
      io.stdout.write(`${glyphs.passed} ${id} · ${[...actionsOf(steps)].length} steps\n`);
      for (const { message, place } of advice)
        io.stdout.write(`    ${place.file}:${place.line}:${place.column} ${message}\n`);
    }
    const count = journeys.length === 1 ? '1 journey' : `${journeys.length} journeys`;
    io.stdout.write(`${count} fit to run in ${house.config.environment}\n`);
    return exits.passed;
  },
};

export default check;
