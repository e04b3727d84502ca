import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { storeOf } from '../memory.ts';

const day = 86_400_000;

const prune: Command = {
  about: 'delete old runs with their evidence',
  example: 'throughline prune --days 90',
  options: {
    ...placeOptions,
    days: { type: 'string', value: 'N', about: 'keep so many days (default 45, what the judges look back on)' },
  },
  run: async (call) => {
    const { io } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const gone = await store.prune(Math.round(systemClock.now()) - (call.count('days', 0) ?? 45) * day);
    for (const run of gone) rmSync(join(house.store, 'runs', run), { recursive: true, force: true });
    io.stdout.write(`${gone.length} runs deleted\n`);
    return exits.passed;
  },
};

export default prune;
