import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'throughline-ready-'));
  cpSync('scripts/ready.mjs', join(clone, 'scripts/ready.mjs'));
  cpSync('test/peers/packages.json', join(clone, 'test/peers/packages.json'));
  writeFileSync(join(clone, 'package-lock.json'), '{}');
});
afterEach(() => rmSync(clone, { recursive: true }));

/** The set-up in a bare clone on a machine that has these programs (shell texts), and no others. */
function ready(programs: Readonly<Record<string, string>>, ...args: string[]) {
  const bin = join(clone, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const { status, stderr } = spawnSync(process.execPath, [join(clone, 'scripts/ready.mjs'), ...args], {
    env: { PATH: bin, HOME: clone },
    encoding: 'utf8',
  });
  return { status, stderr };
}
const npm = '/bin/mkdir -p node_modules/.bin && echo > node_modules/.bin/node';
const all = { npm, chromium: '', 'espeak-ng': '', dpkg: '' };

test('what is there is not installed again', () => {
  expect(ready(all, '--peers')).toEqual({ status: 0, stderr: 'ready: installing packages (npm ci)\n' });
  expect(ready({ ...all, npm: 'exit 1' }, '--peers')).toEqual({ status: 0, stderr: '' });
});

test.each([
  ['npm ci fails', { npm: 'exit 1' }, 'npm ci'],
  ['npm runs no install scripts', { npm: '/bin/mkdir -p node_modules/.bin' }, 'npm ci --ignore-scripts=false'],
  ['the servers are missing', { dpkg: 'exit 1' }, 'sudo apt-get install --no-install-recommends postgresql sip-tester'],
])('%s: exit 2 with the way out', (_, programs, command) => {
  const { status, stderr } = ready({ ...all, ...programs }, '--peers');
  expect(status).toBe(2);
  expect(stderr).toContain(`run this yourself, then try again:\n    ${command}`);
  expect(existsSync(join(clone, 'node_modules/.throughline-lock'))).toBe(!('npm' in programs));
});

test('a walk needs no servers, and babbles without a voice', () => {
  const { 'espeak-ng': _, dpkg: __, ...some } = all;
  const { status, stderr } = ready(some);
  expect(stderr).toContain('no espeak-ng: voices will babble');
  expect(status).toBe(0);
});
