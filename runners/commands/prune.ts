import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { exits } from '../../core/verdict.ts';
import { usualKeep } from '../../store/retention.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { runNames } from '../kept.ts';
import { storeOf } from '../memory.ts';

const prune: Command = {
  about: 'delete old samples and evidence; hours and days of them are kept as roll-ups, runs by name',
  example: 'throughline prune --days 90',
  options: {
    ...placeOptions,
    days: {
      type: 'string',
      value: 'N',
      about: `keep samples and evidence so many days (default ${usualKeep.raw}, what the judges look back on)`,
    },
    runs: { type: 'string', value: 'N', about: `keep runs by name so many days (default ${usualKeep.runs})` },
  },
  run: async (call) => {
    const { io } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const raw = call.count('days', 0) ?? usualKeep.raw;
    const keep = { ...usualKeep, raw, runs: Math.max(raw, call.count('runs', 0) ?? usualKeep.runs) };
    const remove = (run: string) => {
      if (runNames.test(run)) rmSync(join(house.store, 'runs', run), { recursive: true, force: true });
    };
    const { samples, evidence, forgotten } = await store.retention.prune(Math.round(systemClock.now()), {
      keep,
      remove,
    });
    io.stdout.write(
      `${samples} samples are kept as hours and days only; the evidence of ${evidence.length} runs was deleted${forgotten > 0 ? `, ${forgotten} runs forgotten` : ''}\n`,
    );
    return exits.passed;
  },
};

export default prune;
