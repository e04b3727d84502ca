import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { judgeKept } from '../gate/gate.ts';
import { eventsOf, keptRun, runOf } from '../kept.ts';
import { storeOf } from '../memory.ts';

const compare: Command = {
  about: 'judge one kept run against another',
  usage: 'BEFORE AFTER',
  example: 'throughline compare 20261124T02 last',
  options: placeOptions,
  run: async (call) => {
    const { io } = call;
    const [before, after, more] = call.words;
    if (before === undefined || after === undefined || more !== undefined)
      throw new SpecError('compare takes two runs', compare.example);
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const against = { baseline: runOf(keptRun(house.store, before)) };
    const events = eventsOf(keptRun(house.store, after));
    const shut = await judgeKept(events, store.history, { against, say: (line) => io.stdout.write(`${line}\n`) });
    return shut ? exits.regressed : exits.passed;
  },
};

export default compare;
