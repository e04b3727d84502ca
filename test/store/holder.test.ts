import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isGone } from '../../store/holder.ts';
import { Store } from '../../store/store.ts';

test('what a killed process held is free at once; what a living one or another machine holds is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-holder-'));
  try {
    const now = Date.now();
    const script = `
      const { Store } = await import(${JSON.stringify(new URL('../../store/store.ts', import.meta.url).href)});
      const store = await Store.open(${JSON.stringify(folder)});
      await store.take('row', '1', { now: ${now}, until: ${now + 900_000} });
      console.log('held');
      setInterval(() => {}, 1000);`;
    writeFileSync(join(folder, 'hold.mjs'), script);
    const child = spawn(process.execPath, [join(folder, 'hold.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await using store = await Store.open(folder);
    const take = () => store.take('row', '1', { now, until: now + 1000 });
    expect(await store.bury()).toBe(0);
    expect(await take()).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await store.bury()).toBe(1);
    expect(await take()).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each(['elsewhere pid 999999999 x', `${hostname()} another-numbering 999999999 x`, `${hostname()} 1 x`, ''])(
  'of “%s” nothing is known',
  (held) => expect(isGone(held)).toBe(false),
);
