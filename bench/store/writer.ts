// Writes runs of twenty walks until it is killed; says a run's id only once the store has acknowledged it.
import { Store } from '../../store/store.ts';
import { runOfWalks } from './walks.ts';

const [folder = '', prefix = ''] = process.argv.slice(2);
const store = await Store.open(folder);
for (let n = 1; n <= 10_000; n += 1) {
  const run = `${prefix}-${n}`;
  {
    await using ledger = store.ledger();
    for (const event of runOfWalks(run, 20)) ledger.on(event);
  }
  process.stdout.write(`${run}\n`);
}
