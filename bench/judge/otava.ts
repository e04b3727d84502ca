import { execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const version = '0.8.0';
const home = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'throughline', `otava-${version}`);
const python = join(home, 'bin', 'python');
const run = promisify(execFile);

/** Words of the peer that is missing, or the changes that it finds. */
export type Peer =
  | { readonly missing: string }
  | { readonly found: readonly (readonly number[])[]; readonly name: string };

/** Change points of each series by apache-otava (ex Hunter), in a process of its own; installed into the cache folder where it is not there yet. */
export async function otava(series: readonly Float64Array[]): Promise<Peer> {
  try {
    await installed();
  } catch (error) {
    return {
      missing: `no apache-otava to compare with, which takes python3 with venv and PyPI within reach: ${lastLine(error)}`,
    };
  }
  const child = spawn(python, ['-I', fileURLToPath(new URL('otava.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(series.map((values) => [...values])));
  return { found: JSON.parse(await text(child.stdout)), name: `apache-otava ${version}` };
}

/** Makes the Python environment once. Throws what Python or pip said. */
async function installed(): Promise<void> {
  const there = await run(python, ['-I', '-c', 'import otava.series']).then(
    () => true,
    () => false,
  );
  if (there) return;
  process.stderr.write(`  ... judge: installing apache-otava ${version} from PyPI into ${home}, once\n`);
  await rm(home, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', home]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `apache-otava==${version}`]);
}

/** What stood at the end of stderr, where the reason is. */
function lastLine(error: unknown): string {
  const { stderr, message } = error as Error & { readonly stderr?: string };
  const said = (stderr?.trim() || message).split('\n');
  return (said.findLast((line) => line.startsWith('ERROR:')) ?? said.at(-1) ?? message).replace('ERROR: ', '');
}
