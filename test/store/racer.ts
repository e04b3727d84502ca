// Waits for a word, then opens the store, writes a run and says how it went: for tests of several processes.
import { Store } from '../../store/store.ts';
import { runOf } from './run.ts';

const [folder = '', url, n = '0', user, many = '1'] = process.argv.slice(2);
const walks = Array.from({ length: Number(many) }, () => ({ ms: Number(n) + 1 }));
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  if (user) process.setuid?.(Number(user));
  try {
    await using store = await Store.open(folder, url || undefined);
    await using ledger = store.ledger({ patience: 1_000 });
    for (const event of runOf({ run: `p${n}`, at: Number(n), walks })) ledger.on(event);
  } catch (error) {
    process.stdout.write(String(error));
    process.exitCode = 1;
  }
  process.stdin.destroy();
});
