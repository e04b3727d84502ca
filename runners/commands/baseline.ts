import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { storeOf } from '../memory.ts';

const baseline: Command = {
  about: 'accept a new level as the normal one: `baseline accept JOURNEY --reason TEXT`',
  usage: 'accept JOURNEY',
  example: 'throughline baseline accept billing/disputed-charge-chat --reason "CRM moved to the new region"',
  options: {
    ...placeOptions,
    step: { type: 'string', value: 'NAME', about: 'only this step' },
    reason: { type: 'string', value: 'TEXT', about: 'why it is meant to be so; kept with the findings' },
  },
  run: async (call) => {
    const [verb, journey] = call.words;
    const reason = call.text('reason');
    if (verb !== 'accept' || journey === undefined)
      throw new SpecError('baseline knows accept JOURNEY', baseline.example);
    if (reason === undefined) throw new SpecError('an accepted level needs a --reason', baseline.example);
    const place = {
      cwd: call.io.cwd,
      env: call.text('env'),
      root: call.text('root'),
      lab: call.text('lab'),
      live: false,
    };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const count = await store.accept(journey, `expected: ${reason}`, call.text('step'));
    if (count === 0) throw new SpecError(`nothing is flagged at ${journey}`, 'see `throughline history`');
    call.io.stdout.write(`${count} findings are expected from now on; their runs count as baseline\n`);
    return exits.passed;
  },
};

export default baseline;
