import { randomBytes } from 'node:crypto';
import { systemClock } from '../../core/clock.ts';
import { SpecError } from '../../core/errors.ts';
import { when } from '../../core/headline.ts';
import { exits } from '../../core/verdict.ts';
import type { Marking } from '../../store/markers.ts';
import type { Store } from '../../store/store.ts';
import { type Call, type Command, placeOptions } from '../command.ts';
import { ciAuthor, commitOf } from '../commit.ts';
import { compose, type House } from '../compose.ts';
import type { Io } from '../io.ts';
import { storeOf } from '../memory.ts';
import { readWhen } from '../when.ts';

const change: Command = {
  about:
    'mark a change of the system, so that findings can name it; without a NAME the commit at hand; `change list`, `change edit ID`, `change delete ID`',
  usage: '[NAME] | list | edit ID | delete ID',
  example: 'throughline change "flow v42" --scope ivr,routing --at 2026-11-24T14:00 --by routing-team',
  options: {
    ...placeOptions,
    scope: {
      type: 'string',
      value: 'LAYERS',
      about: 'layers it touched, with commas: they rank candidates, they hide none',
    },
    at: { type: 'string', value: 'TIME', about: 'when it went live (default: now)' },
    until: { type: 'string', value: 'TIME', about: 'when it was complete' },
    by: { type: 'string', value: 'WHO', about: 'who made it (default in CI: who set the job off)' },
    'rolls-back': { type: 'string', value: 'ID', about: 'the change that it takes back' },
    external: { type: 'string', value: 'ID', about: 'its name elsewhere; marked twice, it is edited' },
    name: { type: 'string', value: 'NAME', about: 'edit: a new name' },
    json: { type: 'boolean', about: 'list: NDJSON' },
  },
  run: async (call) => {
    const { io, words } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const [first, second, more] = words;
    if (more !== undefined || (second !== undefined && first !== 'edit' && first !== 'delete'))
      throw new SpecError(`${more ?? second} is one word too many`, 'put the name of the change in quotes');
    if (first === 'list') return await list(store, io, call.flag('json'));
    if (first === 'delete') {
      const id = await idOf(store, second);
      await store.markers.remove(id);
      return exits.passed;
    }
    if (first === 'edit') {
      const id = await idOf(store, second);
      const to = await said(call, { house, store });
      if (Object.keys(to).length === 0)
        throw new SpecError('say what to change', '--name, --at, --until, --by, --scope, --rolls-back or --external');
      await edit(store, id, to);
      return exits.passed;
    }
    io.stdout.write(`${await mark(call, { house, store, name: first })}\n`);
    return exits.passed;
  },
};

async function mark(
  call: Call,
  { house, store, name }: { readonly house: House; readonly store: Store; readonly name: string | undefined },
): Promise<string> {
  const commit = name === undefined ? await commitOf(house.root) : {};
  const sha = commit.commit;
  if (name === undefined && sha === undefined)
    throw new SpecError(
      'a change needs a name: there is neither a CI nor a git repository to take it from',
      change.example,
    );
  const { name: _, ...told } = await said(call, { house, store });
  const author = ciAuthor();
  const made: Marking = {
    name: name ?? `commit ${sha?.slice(0, 7)}${commit.subject ? ` “${commit.subject}”` : ''}`,
    at: Math.round(systemClock.now()),
    ...(author === undefined ? {} : { by: author }),
    ...(name === undefined && sha !== undefined ? { external: sha } : {}),
    ...told,
  };
  const known = made.external && (await store.markers.all()).find(({ external }) => external === made.external);
  if (known) {
    await edit(store, known.id, { ...told, ...(name === undefined ? {} : { name }) });
    return known.id;
  }
  ordered(made);
  const id = randomBytes(4).toString('hex');
  await store.markers.add(id, made);
  return id;
}

async function edit(store: Store, id: string, to: Partial<Marking>): Promise<void> {
  const before = (await store.markers.all()).find((one) => one.id === id);
  const until = to.until ?? before?.until ?? undefined;
  ordered({ at: to.at ?? before?.at ?? 0, ...(until === undefined ? {} : { until }) });
  if (to.rollsBack === id) throw new SpecError(`${id} cannot take itself back`);
  if (Object.keys(to).length > 0) await store.markers.change(id, to);
}

function ordered({ at, until }: Pick<Marking, 'at' | 'until'>): void {
  if (until !== undefined && until < at)
    throw new SpecError(`a change that begins ${when(at)} cannot be complete ${when(until)}`, 'see --at and --until');
}

async function list(store: Store, io: Io, json: boolean): Promise<number> {
  const marks = await store.markers.all();
  const names = new Map(marks.map(({ id, name }) => [id, name]));
  for (const { id, name, at, until, scope, by, rolls_back: back, external } of marks) {
    const rollsBack = back ?? undefined;
    if (json) {
      const scopes = scope === '' ? [] : scope.split(',');
      io.stdout.write(`${JSON.stringify({ id, name, at, until, by, scope: scopes, rollsBack, external })}\n`);
      continue;
    }
    const parts = [
      scope ? `[${scope}]` : '',
      by ? `by ${by}` : '',
      until === null ? '' : `until ${when(until)}`,
      back === null ? '' : `takes back ${names.get(back) ?? back}`,
      external ? `(${external})` : '',
    ].filter(Boolean);
    io.stdout.write(`${[`${id}  ${when(at)}  ${name}`, ...parts].join('  ')}\n`);
  }
  const commits = (await store.history.changes({})).filter(({ name }) => name.startsWith('commit '));
  const marked = new Set(marks.map(({ name }) => name));
  for (const { name, at } of commits.filter((one) => !marked.has(one.name)))
    io.stdout.write(json ? `${JSON.stringify({ name, at })}\n` : `–         ${when(at)}  ${name}  (first run of it)\n`);
  return exits.passed;
}

/** The marker whose id or name is so. */
async function idOf(store: Store, wanted: string | undefined): Promise<string> {
  const found = (await store.markers.all()).filter(({ id, name }) => id === wanted || name === wanted);
  if (found.length === 1) return found[0]?.id ?? '';
  if (found.length > 1)
    throw new SpecError(
      `${found.length} changes are named ${wanted}`,
      `say which: ${found.map(({ id }) => id).join(', ')}`,
    );
  throw new SpecError(`no change ${wanted ?? ''}`, 'see `throughline change list`');
}

/** What the options say. */
async function said(
  call: Call,
  { house, store }: { readonly house: House; readonly store: Store },
): Promise<Partial<Marking>> {
  const [at, until, by, back, external, name] = (['at', 'until', 'by', 'rolls-back', 'external', 'name'] as const).map(
    (key) => call.text(key),
  );
  const scope = call
    .text('scope')
    ?.split(',')
    .map((layer) => layer.trim());
  const layers = house.layers.map((layer) => layer.name);
  const unknown = scope?.filter((layer) => !layers.includes(layer)) ?? [];
  if (unknown.length > 0) throw new SpecError(`no layer ${unknown.join(', ')}`, `there are ${layers.join(', ')}`);
  return {
    ...(name === undefined ? {} : { name }),
    ...(at === undefined ? {} : { at: readWhen(at) }),
    ...(until === undefined ? {} : { until: readWhen(until) }),
    ...(by === undefined ? {} : { by }),
    ...(scope === undefined ? {} : { scope }),
    ...(back === undefined ? {} : { rollsBack: await idOf(store, back) }),
    ...(external === undefined ? {} : { external }),
  };
}

export default change;
