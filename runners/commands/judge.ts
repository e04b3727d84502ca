import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { judgeKept } from '../gate.ts';
import { eventsOf, keptRun } from '../kept.ts';
import { storeOf } from '../memory.ts';
import { sinceOf } from '../since.ts';

const judge: Command = {
  about: 'judge a kept run against its history, as `run --gate` would have',
  usage: '[RUN]',
  example: 'throughline judge last --since "flow v42"',
  options: {
    ...placeOptions,
    baseline: { type: 'string', value: 'WHICH', about: 'last:N, a branch, or a run (default last:40)' },
    since: { type: 'string', value: 'TIME|ID', about: 'runs since that time or change are on trial too' },
  },
  run: async (call) => {
    const { io, words } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    const [baseline, since] = [call.text('baseline'), call.text('since')];
    const against = {
      ...(baseline === undefined ? {} : { baseline }),
      ...(since === undefined ? {} : { since: await sinceOf(since, house.store) }),
    };
    await using store = await storeOf(house.store);
    const events = eventsOf(keptRun(house.store, words[0] ?? 'last'));
    const shut = await judgeKept(events, store.history, { against, say: (line) => io.stdout.write(`${line}\n`) });
    return shut ? exits.regressed : exits.passed;
  },
};

export default judge;
