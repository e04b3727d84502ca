import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

/** Packed, installed into an empty folder, set up and run there: what a stranger gets from the registry. */
test('the package works outside this repository, with no TypeScript left to strip', { timeout: 240_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-package-'));
  try {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder, '--loglevel=error']);
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
    await run('npm', ['init', '-y'], { cwd: folder });
    await run(
      'npm',
      [
        'install',
        join(folder, filename),
        '--omit=optional',
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
        '--loglevel=error',
      ],
      { cwd: folder },
    );
    const installed = join(folder, 'node_modules/throughline');
    expect(globSync('**/*.ts', { cwd: installed }).filter((file) => !file.endsWith('.d.ts'))).toEqual([]);
    const bin = join(installed, 'bin/throughline.mjs');
    await run(process.execPath, [bin, 'init'], { cwd: folder });
    const ended = await run(process.execPath, [bin, 'run'], { cwd: folder });
    expect(ended.stdout).toContain('1 passed');
    expect(existsSync(join(folder, '.throughline/report.html'))).toBe(true);
    const api = await run(
      process.execPath,
      ['-e', "import('throughline').then(({ defineDriver }) => console.log(typeof defineDriver))"],
      { cwd: folder },
    );
    expect(api.stdout.trim()).toBe('function');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
