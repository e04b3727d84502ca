// Makes a bare clone ready on a machine with only some Node >= 18 and npm. Plain JavaScript; says what it does, and names the command where it cannot.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);
const say = (text) => console.error(`ready: ${text}`);
const give = (what, command) => {
  console.error(`ready: ${what}\n  run this yourself, then try again:\n    ${command}`);
  process.exit(2);
};
const run = (command, args, options = {}) =>
  spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32', ...options })
    .status === 0;
const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

if (Number(process.versions.node.split('.')[0]) < 18)
  give(`Node ${process.versions.node} is too old to set up`, 'install Node 18 or later');
packages();
browser();
voice();
if (process.argv.includes('--peers')) await peers();

/** npm ci when the lock file is not the one that node_modules was made from. */
function packages() {
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const mark = 'node_modules/.throughline-lock';
  const fresh = existsSync(mark) && readFileSync(mark, 'utf8') === lock && existsSync('node_modules/.bin/node');
  if (fresh) return;
  say('installing packages (npm ci)');
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) give('npm ci failed', 'npm ci');
  if (!existsSync('node_modules/.bin/node'))
    give(
      'the package `node` brought no binary: its install script was not allowed to run',
      'npm ci --ignore-scripts=false',
    );
  writeFileSync(mark, lock);
}

/** Chromium: the system's, else Playwright's own, else Debian's. */
function browser() {
  const found = onPath('chromium') ?? onPath('chromium-browser') ?? onPath('google-chrome');
  if (found) return;
  const shown = spawnSync('node_modules/.bin/node', [
    '-e',
    "process.stdout.write(require('playwright').chromium.executablePath())",
  ]);
  if (existsSync(String(shown.stdout))) return;
  if (debian('chromium', ['chromium', 'fonts-dejavu-core'])) return;
  say('installing Chromium (npx playwright install chromium)');
  if (!run('npx', ['playwright', 'install', 'chromium']))
    give('no Chromium was found and none could be installed', 'npx playwright install chromium');
}

/** A voice for callers and for the practice contact centre; without one they babble, and the walk is the same. */
function voice() {
  if (onPath('espeak-ng') || debian('a voice for the telephone', ['espeak-ng'])) return;
  say('no espeak-ng: voices will babble; sudo apt-get install --no-install-recommends espeak-ng gives them words');
}

/** Debian packages, as root only; true when they are there afterwards. */
function debian(what, names) {
  if (!onPath('apt-get') || process.getuid?.() !== 0) return false;
  say(`installing ${what} (apt-get install ${names.join(' ')})`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env });
  return install() || (run('apt-get', ['update', '-qq'], { env }) && install());
}

/** The real servers that the tests talk to: test/peers/packages.json names their Debian packages. */
async function peers() {
  if (!existsSync('test/peers/packages.json')) return;
  const { packages: names } = JSON.parse(readFileSync('test/peers/packages.json', 'utf8'));
  const missing = names.filter((name) => spawnSync('dpkg', ['-s', name], { stdio: 'ignore' }).status !== 0);
  if (missing.length === 0) return;
  const policy = '/usr/sbin/policy-rc.d';
  const quiet = process.getuid?.() === 0 && !existsSync(policy);
  if (quiet) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const done = debian('the servers that tests talk to', missing);
  if (quiet) (await import('node:fs')).rmSync(policy, { force: true });
  if (!done)
    give(
      `servers that tests talk to are missing: ${missing.join(' ')}`,
      `sudo apt-get install --no-install-recommends ${missing.join(' ')}`,
    );
}
