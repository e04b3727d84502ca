import { SpecError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { exits, statuses } from '../../core/verdict.ts';
import type { Store } from '../../store/store.ts';
import { type Call, type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { tellFigures } from '../figures.ts';
import { type Asked, tellCells, tellRuns, tellSamples } from '../history.ts';
import type { Io } from '../io.ts';
import { storeOf } from '../memory.ts';
import { readWhen } from '../when.ts';

const history: Command = {
  about:
    'what earlier runs were like: runs, or the steps of a journey with a sparkline each; `move` joins a renamed step',
  usage: '[JOURNEY] | move JOURNEY OLD NEW',
  example: 'throughline history billing/disputed-charge-chat --step case-in-crm --since 2026-11-01 --csv',
  options: {
    ...placeOptions,
    step: { type: 'string', value: 'NAME', about: 'this step only' },
    metric: { type: 'string', value: 'NAME', about: 'a figure instead of durations: mos, match, onset, ...' },
    location: { type: 'string', value: 'NAME', about: 'this location only' },
    status: { type: 'string', value: 'STATUS', about: `only what ended so: ${statuses.join(', ')}` },
    since: { type: 'string', value: 'TIME', about: 'from then on' },
    until: { type: 'string', value: 'TIME', about: 'until before then' },
    last: { type: 'string', value: 'N', about: 'the newest so many (default 40; all where since is said)' },
    by: { type: 'string', value: 'hour|day', about: 'hours or days instead of samples: kept when samples are gone' },
    json: { type: 'boolean', about: 'NDJSON' },
    csv: { type: 'boolean', about: 'CSV; samples as `throughline analyze` reads them' },
  },
  run: async (call) => {
    const { io, words } = call;
    const filter = filterOf(call);
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    if (words[0] === 'move') return await move(store, io, words.slice(1));
    const [journey, more] = words;
    if (more !== undefined) throw new SpecError(`history takes one journey, and ${more} is there too`, history.example);
    const asked = { ...filter, ...(call.text('env') === undefined ? {} : { environment: house.config.environment }) };
    if (journey === undefined && asked.metric !== undefined)
      throw new SpecError('a figure is one of a journey', 'throughline history JOURNEY --metric NAME');
    if (journey === undefined) await tellRuns(store, io, asked);
    else if (asked.metric !== undefined) await tellMetric(store, io, { ...asked, journey, metric: asked.metric });
    else {
      const series = await seriesOf(store, journey, asked);
      if (asked.by === undefined) await tellSamples(store, io, { ...asked, series });
      else {
        await store.rollups.roll();
        await tellCells(store, io, { ...asked, by: asked.by, series });
      }
    }
    return exits.passed;
  },
};

function filterOf(call: Call) {
  const [status, by] = [call.text('status'), call.text('by')];
  if (status !== undefined && !(statuses as readonly string[]).includes(status))
    throw new SpecError(`nothing ends ${status}`, statuses.join(', '));
  if (status !== undefined && call.text('metric') !== undefined)
    throw new SpecError('a figure has no status', 'leave out --status or --metric');
  if (by !== undefined && by !== 'hour' && by !== 'day')
    throw new SpecError(`history goes by hour or day, not by ${by}`);
  if (call.flag('json') && call.flag('csv')) throw new SpecError('--json and --csv are two ways to say the same');
  const [since, until] = [call.text('since'), call.text('until')];
  const from = since === undefined ? undefined : readWhen(since);
  const to = until === undefined ? undefined : readWhen(until);
  if (from !== undefined && to !== undefined && from >= to)
    throw new SpecError(`--since ${since} is not before --until ${until}`);
  return {
    last: call.count('last', 1) ?? (from === undefined && by === undefined ? 40 : 1_000_000),
    step: call.text('step'),
    metric: call.text('metric'),
    location: call.text('location'),
    status,
    from,
    to,
    by: by as 'hour' | 'day' | undefined,
    form: call.flag('json') ? ('json' as const) : call.flag('csv') ? ('csv' as const) : ('text' as const),
  };
}

interface Narrow {
  readonly step?: string | undefined;
  readonly location?: string | undefined;
  readonly environment?: string;
}

async function seriesOf(store: Store, journey: string, asked: Narrow) {
  const all = await store.series(journey);
  if (all.length > 0) return narrowed(all, asked);
  const names = [...new Set((await store.series()).map((one) => one.journey))];
  const close = nearest(journey, names);
  throw new SpecError(`no history of ${journey}`, close ? `did you mean ${close}?` : 'see `throughline history`');
}

/** What is of this step and place. Throws SpecError with what there is, where nothing is. */
function narrowed<S extends { readonly step: string; readonly location: string; readonly environment: string }>(
  all: readonly S[],
  { step, location, environment }: Narrow,
): readonly S[] {
  const each = { step, location, environment };
  let left = all;
  for (const key of ['step', 'location', 'environment'] as const) {
    const wanted = each[key];
    if (wanted === undefined) continue;
    const there = [...new Set(left.map((one) => one[key]))];
    left = left.filter((one) => one[key] === wanted);
    if (left.length > 0) continue;
    const close = nearest(wanted, there);
    const what = key === 'step' ? 'a step' : key === 'location' ? 'a location' : 'an environment';
    throw new SpecError(
      `no history of ${what} ${wanted}`,
      `${close ? `did you mean ${close}? ` : ''}there are ${there.filter(Boolean).join(', ')}`,
    );
  }
  return left;
}

/** A figure by its name; `mos` means that of every actor. */
async function tellMetric(
  store: Store,
  io: Io,
  {
    journey,
    metric,
    ...asked
  }: Narrow & Asked & Pick<ReturnType<typeof filterOf>, 'by'> & { journey: string; metric: string },
): Promise<void> {
  await seriesOf(store, journey, {});
  const all = await store.history.shown(journey);
  const named = all.filter(({ name }) => name === metric || name.endsWith(`: ${metric}`));
  if (named.length === 0) {
    const names = [...new Set(all.map(({ name }) => name))];
    const close = nearest(metric, names);
    const there = names.length > 0 ? `there are ${names.join(', ')}` : 'its walks showed none';
    throw new SpecError(`no figure ${metric} in the history of ${journey}`, close ? `did you mean ${close}?` : there);
  }
  const figures = narrowed(named, asked);
  if (asked.by === undefined) return tellFigures(store, io, { ...asked, figures });
  const kept = figures.filter(({ better }) => better === 'higher');
  if (kept.length === 0)
    throw new SpecError(
      `hours and days are kept of figures of which more is better, not of ${metric}`,
      'leave out --by',
    );
  await store.rollups.roll();
  const series = kept.map((one) => ({ ...one, step: [one.step, one.name].filter(Boolean).join(' · ') }));
  await tellCells(store, io, { ...asked, by: asked.by, series });
}

async function move(store: Store, io: Io, words: readonly string[]): Promise<number> {
  const [journey, from, to, more] = words;
  if (journey === undefined || from === undefined || to === undefined || more !== undefined)
    throw new SpecError(
      'history move takes a journey, the old name of a step and the new one',
      'throughline history move billing/dispute crm.expect case-in-crm',
    );
  if (from === to) throw new SpecError(`${from} is its own name already`);
  const moved = await store.move(journey, { from, to });
  if (moved === 0) {
    const known = (await store.series(journey)).map(({ step }) => step);
    const close = nearest(from, known);
    throw new SpecError(
      `${journey} has no history of ${from}`,
      close ? `did you mean \`${close}\`?` : `there is ${known.join(', ') || 'none'}`,
    );
  }
  io.stdout.write(`${moved} samples of ${from} are history of ${to} now\n`);
  return exits.passed;
}

export default history;
