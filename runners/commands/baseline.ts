import { systemClock } from '../../core/clock.ts';
import { SpecError } from '../../core/errors.ts';
import { when } from '../../core/headline.ts';
import { exits } from '../../core/verdict.ts';
import type { Said } from '../../store/baselines.ts';
import type { Store } from '../../store/store.ts';
import { type Call, type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { storeOf } from '../memory.ts';

const usage = 'accept JOURNEY | pin JOURNEY [RUN...] | unpin JOURNEY | exclude RUN [JOURNEY] | include RUN | list';

const baseline: Command = {
  about: 'what runs are judged against: accept a new level, pin runs as the baseline, leave a run out',
  usage,
  example: 'throughline baseline accept billing/disputed-charge-chat --reason "CRM moved to the new region"',
  options: {
    ...placeOptions,
    step: { type: 'string', value: 'NAME', about: 'accept: only this step' },
    last: { type: 'string', value: 'N', about: 'pin: the newest so many runs, where none is named (default 8)' },
    reason: { type: 'string', value: 'TEXT', about: 'why; kept for good' },
    by: { type: 'string', value: 'WHO', about: 'who says so' },
  },
  run: async (call) => {
    const [verb = '', ...words] = call.words;
    const told = tellings[verb];
    if (!told || (words.length === 0 && verb !== 'list'))
      throw new SpecError(`baseline knows ${usage}`, baseline.example);
    const { io } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    io.stdout.write(await told({ call, store, words }));
    return exits.passed;
  },
};

interface Asked {
  readonly call: Call;
  readonly store: Store;
  readonly words: readonly string[];
}

/** Of each verb: does it, and resolves to what is told. */
const tellings: Readonly<Record<string, (asked: Asked) => Promise<string>>> = {
  accept: async ({ call, store, words: [journey = ''] }) => {
    const { reason } = said(call, 'an accepted level');
    const count = await store.baselines.accept(journey, `expected: ${reason}`, call.text('step'));
    if (count === 0) throw new SpecError(`nothing is flagged at ${journey}`, 'see `throughline history`');
    return `${count} findings are expected from now on; their runs count as baseline\n`;
  },
  pin: async ({ call, store, words: [journey = '', ...named] }) => {
    const why = said(call, 'a pinned baseline');
    const last = call.count('last', 1) ?? 8;
    const all = await store.runs({ last: 100_000, journey });
    const runs =
      named.length > 0
        ? named.map((name) =>
            one(
              all.map(({ id }) => id).filter((id) => id.startsWith(name)),
              name,
            ),
          )
        : all
            .filter(({ status }) => status !== null)
            .slice(-last)
            .map(({ id }) => id);
    if (runs.length === 0) throw new SpecError(`no run of ${journey}`, 'see `throughline history`');
    await store.baselines.pin(journey, runs, why);
    return `${journey} is judged against ${runs.length} runs, ${runs[0]} to ${runs.at(-1)}, until it is unpinned\n`;
  },
  unpin: async ({ store, words: [journey = ''] }) => {
    if (!(await store.baselines.unpin(journey, now())))
      throw new SpecError(`no baseline of ${journey} is pinned`, 'see `throughline baseline list`');
    return `${journey} is judged against its newest walks again\n`;
  },
  exclude: async ({ call, store, words: [run = '', journey] }) => {
    const known = [...(await store.known())].filter((id) => id.startsWith(run));
    const id = one(known, run);
    await store.baselines.exclude(id, said(call, 'an excluded run'), journey);
    await store.rollups.roll();
    return `run ${id}${journey === undefined ? '' : ` of ${journey}`} is in no baseline and no scan\n`;
  },
  include: async ({ store, words: [run = ''] }) => {
    const excluded = (await store.baselines.exclusions()).filter(({ lifted }) => lifted === null);
    const id = one(
      [...new Set(excluded.map((e) => e.run))].filter((name) => name.startsWith(run)),
      run,
    );
    await store.baselines.include(id, now());
    await store.rollups.roll();
    return `run ${id} counts again\n`;
  },
  list: async ({ store }) => {
    const by = (who: string | null) => (who === null ? '' : `  by ${who}`);
    const ended = (lifted: number | null) => (lifted === null ? '' : `  until ${when(lifted)}`);
    const pins = (await store.baselines.pins()).map(({ journey, runs, reason, at, by: who, lifted }) => {
      const ids = JSON.parse(runs) as string[];
      return `pinned    ${when(at)}  ${journey}: ${ids.length} runs, ${ids[0]} to ${ids.at(-1)}  ${reason}${by(who)}${ended(lifted)}\n`;
    });
    const out = (await store.baselines.exclusions()).map(({ run, journey, reason, at, by: who, lifted }) => {
      const of = journey === null ? '' : ` of ${journey}`;
      return `excluded  ${when(at)}  ${run}${of}  ${reason}${by(who)}${ended(lifted)}\n`;
    });
    const all = [...pins, ...out];
    return all.length > 0
      ? all.join('')
      : 'nothing is pinned or excluded: the last 40 complete walks are the baseline\n';
  },
};

const now = () => Math.round(systemClock.now());

function said(call: Call, what: string): Said {
  const [reason, by] = [call.text('reason'), call.text('by')];
  if (reason === undefined || reason.trim() === '') throw new SpecError(`${what} needs a --reason`, baseline.example);
  return { reason, at: now(), ...(by === undefined ? {} : { by }) };
}

function one(found: readonly string[], wanted: string): string {
  const [id, more] = found;
  if (id !== undefined && more === undefined) return id;
  throw new SpecError(
    id === undefined ? `no run ${wanted}` : `${found.length} runs begin with ${wanted}`,
    'see `throughline history`',
  );
}

export default baseline;
