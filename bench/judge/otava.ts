import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const home = join(tmpdir(), 'throughline-otava');
const python = join(home, 'bin', 'python');

/** How to get the peer where it is missing. */
export const install = `python3 -m venv ${home} && ${join(home, 'bin', 'pip')} install apache-otava`;

/** Change points of each series by apache-otava (ex Hunter), in a process of its own; undefined where it is not installed. */
export async function otava(series: readonly Float64Array[]): Promise<readonly (readonly number[])[] | undefined> {
  if (!existsSync(python)) return undefined;
  const child = spawn(python, ['-I', fileURLToPath(new URL('otava.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(series.map((values) => [...values])));
  return JSON.parse(await text(child.stdout));
}
