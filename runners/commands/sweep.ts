import { systemClock } from '../../core/clock.ts';
import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { storeOf } from '../memory.ts';

const sweep: Command = {
  about: 'forget what a crashed run left behind in other systems: cases, tickets, accounts',
  example: 'throughline sweep --env staging',
  options: { ...placeOptions, list: { type: 'boolean', about: 'only say what there is' } },
  run: async (call) => {
    const { io } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const { environment } = house.config;
    await store.bury();
    for (const run of await store.makers(systemClock.now()))
      io.stdout.write(`left alone: what run ${run} made, which still runs or was cut off less than a minute ago\n`);
    const left = (await store.leftBehind(systemClock.now())).filter((one) => one.environment === environment);
    let lost = 0;
    for (const one of left) {
      const said = `${one.driver} ${JSON.stringify(one.record)} of run ${one.run}`;
      const driver = house.drivers.get(one.driver);
      if (call.flag('list')) {
        io.stdout.write(`left behind: ${said}\n`);
        continue;
      }
      try {
        if (!driver?.sweep) throw new Error(`the driver ${one.driver} cannot forget`);
        await driver.sweep(one.record, driver.settings.parse(house.config.drivers[one.driver] ?? {}));
        await store.forgotten(one);
        io.stdout.write(`forgotten: ${said}\n`);
      } catch (error) {
        lost += 1;
        io.stderr.write(`still there: ${said}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
    io.stdout.write(
      left.length === 0 ? 'nothing was left behind\n' : `${left.length} left behind, ${lost} still there\n`,
    );
    return lost > 0 ? exits.broken : exits.passed;
  },
};

export default sweep;
