import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

/** Packed, installed into an empty folder, set up and run there: what a stranger gets from the registry. */
test('the package works outside this repository, with no TypeScript left to strip', { timeout: 600_000 }, async () => {
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
    const dynamic = globSync('dist/**/*.js', { cwd: installed }).filter((file) =>
      /\bimport\(\s*['"][^'"]*\.ts['"]/.test(readFileSync(join(installed, file), 'utf8')),
    );
    expect(dynamic).toEqual([]);
    const bin = join(installed, 'bin/throughline.mjs');
    await run(process.execPath, [bin, 'init'], { cwd: folder });
    const ended = await run(process.execPath, [bin, 'run'], { cwd: folder });
    expect(ended.stdout).toContain('1 passed');
    expect(existsSync(join(folder, '.throughline/report.html'))).toBe(true);
    const settings = ['--server', '127.0.0.1:9', '--number', '600'];
    await run(process.execPath, [bin, 'init', '--voice', ...settings], { cwd: folder });
    const checked = await run(process.execPath, [bin, 'check', 'journeys/voice', '--env', 'pbx'], { cwd: folder });
    expect(checked.stdout).toContain('voice/first-call');
    const probed = run(process.execPath, [bin, 'voice', 'probe', 'sip:127.0.0.1:9;transport=tcp'], { cwd: folder });
    await expect(probed).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('ECONNREFUSED') });
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
