import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SpecError } from '../../core/errors.ts';
import type { Event } from '../../core/event.ts';
import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
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
    const file = eventsOf(house.store, words[0] ?? 'last');
    await using store = await storeOf(house.store);
    const names = call.texts('reporter').length > 0 ? call.texts('reporter') : ['console'];
    const reporters = await openReporters(names, { io, root: house.store, history: store.history });
    let exit: number | undefined;
    try {
      for await (const line of createInterface({
        input: createReadStream(file),
        crlfDelay: Number.POSITIVE_INFINITY,
      })) {
        const event = eventOf(line);
        if (!event) continue;
        for (const reporter of reporters.values()) reporter.on(event);
        if (event.type === 'run.ended') exit = event.exit;
      }
    } finally {
      for (const reporter of reporters.values()) await reporter[Symbol.asyncDispose]();
    }
    return exit ?? exits.broken;
  },
};

/** A line that a crash cut in two says nothing. */
function eventOf(line: string): Event | undefined {
  try {
    return JSON.parse(line) as Event;
  } catch {
    return undefined;
  }
}

function eventsOf(store: string, wanted: string): string {
  const folder = join(store, 'runs');
  const all = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((run) => existsSync(join(folder, run, 'events.ndjson')))
    .sort();
  const found = wanted === 'last' ? all.slice(-1) : all.filter((run) => run.startsWith(wanted));
  if (found.length === 1) return join(folder, found[0] as string, 'events.ndjson');
  const hint = all.length === 0 ? 'no run was kept here yet: throughline run' : 'see `throughline history`';
  throw new SpecError(found.length === 0 ? `no run ${wanted}` : `${found.length} runs begin with ${wanted}`, hint);
}

export default replay;
