import { randomBytes } from 'node:crypto';
import { systemClock } from '../../core/clock.ts';
import { SpecError } from '../../core/errors.ts';
import { when } from '../../core/headline.ts';
import { exits } from '../../core/verdict.ts';
import { type Call, type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { storeOf } from '../memory.ts';
import { readWhen } from '../when.ts';

const change: Command = {
  about:
    'mark a change of the system, so that findings can name it; `change list`, `change edit ID`, `change delete ID`',
  usage: 'NAME | list | edit ID | delete ID',
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
    by: { type: 'string', value: 'WHO', about: 'who made it' },
    'rolls-back': { type: 'string', value: 'ID', about: 'the change that it takes back' },
  },
  run: async (call) => {
    const { io, words } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const [first, second] = words;
    if (first === undefined) throw new SpecError('a change needs a name', change.example);
    if (first === 'list') {
      for (const { id, name, at, scope, by } of await store.marks())
        io.stdout.write(`${id}  ${when(at)}  ${name}${scope ? `  [${scope}]` : ''}${by ? `  by ${by}` : ''}\n`);
      return exits.passed;
    }
    if (first === 'delete') {
      if (second === undefined || !(await store.unmark(second)))
        throw new SpecError(`no change ${second ?? ''}`, 'see `throughline change list`');
      return exits.passed;
    }
    if (first === 'edit') {
      const made = marker(
        call,
        '',
        house.layers.map(({ name }) => name),
      );
      const { name: _, rollsBack, at, ...rest } = made;
      if (rollsBack !== undefined)
        throw new SpecError('what is rolled back cannot be edited', 'delete the change and set it anew');
      const to = { ...rest, ...(call.text('at') === undefined ? {} : { at }) };
      if (Object.keys(to).length === 0) throw new SpecError('say what to change', '--at, --until, --by or --scope');
      if (second === undefined || !(await store.remark(second, to)))
        throw new SpecError(`no change ${second ?? ''}`, 'see `throughline change list`');
      return exits.passed;
    }
    const id = randomBytes(4).toString('hex');
    await store.mark(
      id,
      marker(
        call,
        first,
        house.layers.map(({ name }) => name),
      ),
    );
    io.stdout.write(`${id}\n`);
    return exits.passed;
  },
};

function marker(call: Call, name: string, layers: readonly string[]) {
  const [at, until, by, rollsBack] = (['at', 'until', 'by', 'rolls-back'] as const).map((key) => call.text(key));
  const scope = call
    .text('scope')
    ?.split(',')
    .map((layer) => layer.trim());
  const unknown = scope?.filter((layer) => !layers.includes(layer)) ?? [];
  if (unknown.length > 0) throw new SpecError(`no layer ${unknown.join(', ')}`, `there are ${layers.join(', ')}`);
  return {
    name,
    at: at === undefined ? Math.round(systemClock.now()) : readWhen(at),
    ...(until === undefined ? {} : { until: readWhen(until) }),
    ...(by === undefined ? {} : { by }),
    ...(scope === undefined ? {} : { scope }),
    ...(rollsBack === undefined ? {} : { rollsBack }),
  };
}

export default change;
