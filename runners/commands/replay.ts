import { SpecError } from '../../core/errors.ts';
import { when } from '../../core/headline.ts';
import { exits } from '../../core/verdict.ts';
import type { Store } from '../../store/store.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { eventsOf, keptRun } from '../kept.ts';
import { storeOf } from '../memory.ts';
import { openReporters } from '../reporting.ts';

const replay: Command = {
  about: 'tell a kept run again, by any reporter; RUN is an id, the beginning of one, or `last`',
  usage: '[RUN]',
  example: 'throughline replay last --reporter html=report.html',
  options: {
    ...placeOptions,
    reporter: { type: 'string', multiple: true, value: 'NAME[=PATH]', about: 'as in `run` (default: console)' },
  },
  run: async (call) => {
    const { io, words } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const file = await fileOf(words[0] ?? 'last', { store, folder: house.store });
    const names = call.texts('reporter').length > 0 ? call.texts('reporter') : ['console'];
    const reporters = await openReporters(names, { io, root: house.store, history: store.history });
    let exit: number | undefined;
    try {
      for await (const event of eventsOf(file)) {
        for (const reporter of reporters.values()) reporter.on(event);
        if (event.type === 'run.ended') exit = event.exit;
      }
    } finally {
      for (const reporter of reporters.values()) await reporter[Symbol.asyncDispose]();
    }
    return exit ?? exits.broken;
  },
};

async function fileOf(
  wanted: string,
  { store, folder }: { readonly store: Store; readonly folder: string },
): Promise<string> {
  try {
    return keptRun(folder, wanted);
  } catch (error) {
    const pruned = await store.prunedAt(wanted);
    if (!pruned) throw error;
    throw new SpecError(
      `run ${pruned.run} was pruned on ${when(pruned.at)}: its events and evidence are deleted`,
      'its hours and days are in `throughline history JOURNEY --by hour`',
    );
  }
}

export default replay;
