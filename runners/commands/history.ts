import { showMs } from '../../core/duration.ts';
import { SpecError } from '../../core/errors.ts';
import { when } from '../../core/headline.ts';
import type { Sample } from '../../core/history.ts';
import { nearest } from '../../core/nearest.ts';
import { exits, glyphs, type Status } from '../../core/verdict.ts';
import type { Store } from '../../store/store.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import type { Io } from '../io.ts';
import { storeOf } from '../memory.ts';
import { sparkline } from '../sparkline.ts';

const history: Command = {
  about:
    'what earlier runs were like: runs, or the steps of a journey with a sparkline each; `move` joins a renamed step',
  usage: '[JOURNEY] | move JOURNEY OLD NEW',
  example: 'throughline history billing/disputed-charge-chat --step case-in-crm --csv',
  options: {
    ...placeOptions,
    step: { type: 'string', value: 'NAME', about: 'one step, sample by sample' },
    last: { type: 'string', value: 'N', about: 'the newest so many (default 40)' },
    json: { type: 'boolean', about: 'NDJSON' },
    csv: { type: 'boolean', about: 'CSV as `throughline analyze` reads it' },
  },
  run: async (call) => {
    const { io, words } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const last = call.count('last', 1) ?? 40;
    if (words[0] === 'move') return await move(store, io, words.slice(1));
    const [journey] = words;
    if (journey === undefined) await runs(store, io, { last, json: call.flag('json') });
    else
      await steps(store, io, {
        journey,
        last,
        step: call.text('step'),
        json: call.flag('json'),
        csv: call.flag('csv'),
      });
    return exits.passed;
  },
};

async function move(store: Store, io: Io, words: readonly string[]): Promise<number> {
  const [journey, from, to, more] = words;
  if (journey === undefined || from === undefined || to === undefined || more !== undefined)
    throw new SpecError(
      'history move takes a journey, the old name of a step and the new one',
      'throughline history move billing/dispute crm.expect case-in-crm',
    );
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

async function runs(store: Store, io: Io, { last, json }: { readonly last: number; readonly json: boolean }) {
  const rows = await store.runs(last);
  if (rows.length === 0) io.stderr.write('no run was kept here yet: throughline run\n');
  for (const row of rows) {
    if (json) io.stdout.write(`${JSON.stringify(row)}\n`);
    else {
      const status = (row.status ?? 'broken') as Status;
      const said = row.status === null ? 'without an end' : `${status}, ${row.passed} of ${row.walks} passed`;
      const commit = row.commit ? `  ${row.commit.slice(0, 7)}` : '';
      io.stdout.write(`${glyphs[status]} ${row.id}  ${when(row.at)}  ${row.environment}  ${said}${commit}\n`);
    }
  }
}

interface Wanted {
  readonly journey: string;
  readonly last: number;
  readonly step: string | undefined;
  readonly json: boolean;
  readonly csv: boolean;
}

async function steps(store: Store, io: Io, { journey, last, step, json, csv }: Wanted): Promise<void> {
  const all = await store.series(journey);
  if (all.length === 0) {
    const names = [...new Set((await store.series()).map((one) => one.journey))];
    const close = nearest(journey, names);
    throw new SpecError(`no history of ${journey}`, close ? `did you mean ${close}?` : 'see `throughline history`');
  }
  const shown = step === undefined ? all : all.filter((one) => one.step === step);
  if (shown.length === 0)
    throw new SpecError(
      `no history of a step ${step}`,
      `steps: ${[...new Set(all.map((one) => one.step))].join(', ')}`,
    );
  if (csv) io.stdout.write('series,timestamp,value,batch,outcome\n');
  for (const { step: name, environment, location, trigger, variant } of shown) {
    const like = {
      journey,
      environment,
      location,
      trigger,
      variant: Object.fromEntries(JSON.parse(variant) as [string, string][]),
    };
    const samples = await store.history.samples(like, name, { last });
    const series = [name, environment, location, trigger].join(' · ');
    if (json)
      io.stdout.write(samples.map((sample) => `${JSON.stringify({ ...like, step: name, ...sample })}\n`).join(''));
    else if (csv) io.stdout.write(samples.map((sample) => csvRow(`${journey} ${name}`, sample)).join(''));
    else io.stdout.write(`${line(series, samples)}\n`);
  }
}

const csvRow = (series: string, { at, ms, batch, status }: Sample) =>
  `${[series, String(at), ms === undefined ? '' : String(ms), batch, ms === undefined ? 'failed' : status === 'degraded' ? 'passed' : status].map(quoted).join(',')}\n`;
const quoted = (field: string) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

function line(series: string, samples: readonly Sample[]): string {
  const times = samples.flatMap(({ ms }) => (ms === undefined ? [] : [ms])).sort((a, b) => a - b);
  const median = times[times.length >> 1];
  const failed = samples.length - times.length;
  const told = median === undefined ? 'never passed' : `median ${showMs(median)}`;
  return `${series}\n  ${sparkline(samples.map(({ ms }) => ms))}  ${samples.length} samples, ${told}${failed > 0 ? `, ${failed} without a duration` : ''}`;
}

export default history;
