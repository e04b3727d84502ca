import { actionsOf } from '../../core/attempt.ts';
import { systemClock } from '../../core/clock.ts';
import type { Journey } from '../../core/journey.ts';
import { namesBelow } from '../../core/telling.ts';
import { exits, glyphs } from '../../core/verdict.ts';
import { dayIn } from '../../core/zone.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose, type House } from '../compose.ts';
import { pick } from '../once.ts';

const check: Command = {
  about: 'read journeys and configuration whole and name every problem; nothing is dialled',
  usage: '[PATH|ID...]',
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
      io.stdout.write(`${glyphs.passed} ${id} · ${counted([...actionsOf(steps)].length, 'step')}\n`);
      for (const { message, place } of advice)
        io.stdout.write(`    ${place.file}:${place.line}:${place.column} ${message}\n`);
    }
    if (words.length === 0) for (const line of staleQuarantine(house, journeys)) io.stdout.write(`${line}\n`);
    io.stdout.write(`${counted(journeys.length, 'journey')} fit to run in ${house.config.environment}\n`);
    return exits.passed;
  },
};

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** What is quarantined and is not there, or is quarantined no more. */
function staleQuarantine({ config }: House, journeys: readonly Journey[]): readonly string[] {
  const today = dayIn(config.timezone, systemClock.now());
  return config.quarantine.flatMap(({ journey: id, step, until, owner }) => {
    const journey = journeys.find((one) => one.id === id);
    const what = `quarantine of ${id}${step === undefined ? '' : ` ${step}`}`;
    if (!journey) return [`${glyphs.degraded} ${what}: there is no such journey`];
    const names = new Set(
      [...journey.steps, ...journey.whenever, ...journey.finally].flatMap((one) => [one.name, ...namesBelow(one)]),
    );
    if (step !== undefined && !names.has(step))
      return [`${glyphs.degraded} ${what}: it has no such step; there are ${[...names].join(', ')}`];
    return until < today ? [`${glyphs.degraded} ${what} ended on ${until}: it runs again; ask ${owner}`] : [];
  });
}

export default check;
