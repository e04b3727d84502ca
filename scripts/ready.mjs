// Makes a bare clone ready on a machine with only some Node >= 18 and npm. Plain JavaScript; says what it does, and names the command where it cannot.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);
const say = (text) => console.error(`ready: ${text}`);
const give = (what, command) => {
  console.error(`ready: ${what}\n  run this yourself, then try again:\n    ${command}`);
  process.exit(2);
};
const run = (command, args, options = {}) =>
  new Promise((resolve) => {
    spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32', ...options })
      .on('error', () => resolve(false))
      .on('close', (code) => resolve(code === 0));
  });
const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

if (Number(process.versions.node.split('.')[0]) < 18)
  give(`Node ${process.versions.node} is too old to set up`, 'install Node 18 or later');
/** In order of liking: the one without windows is smaller, and has a page ready sooner. */
const chromiums = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
const ofDebian = (name) => [name, 'fonts-dejavu-core'];
const names = process.argv.includes('--peers') ? peers() : [];
const [problem] = await Promise.all([packages(), ahead()]);
if (problem) give(...problem);
await browser();
await voice();
await servers();

/** npm ci when the lock file is not the one that node_modules was made from; resolves to what went wrong and the way out. */
async function packages() {
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const mark = 'node_modules/.throughline-lock';
  const fresh = existsSync(mark) && readFileSync(mark, 'utf8') === lock && existsSync('node_modules/.bin/node');
  if (fresh) return;
  say('installing packages (npm ci)');
  if (!(await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']))) return ['npm ci failed', 'npm ci'];
  if (!existsSync('node_modules/.bin/node'))
    return [
      'the package `node` brought no binary: its install script was not allowed to run',
      'npm ci --ignore-scripts=false',
    ];
  writeFileSync(mark, lock);
}

/** Everything of Debian's at once, beside npm; what does not come about here is said by the step that needs it. */
async function ahead() {
  const missing = [
    ...(chromium() || ownBrowsers() ? [] : ofDebian(chromiums[0])),
    ...(onPath('espeak-ng') ? [] : ['espeak-ng']),
    ...absent(names),
  ];
  if (missing.length > 0) await debian('what Debian has', [...new Set(missing)]);
}

/** Chromium: the system's, else Playwright's own, else Debian's. */
async function browser() {
  if (chromium()) return;
  const shown = spawnSync('node_modules/.bin/node', [
    '-e',
    "process.stdout.write(require('playwright').chromium.executablePath())",
  ]);
  if (existsSync(String(shown.stdout))) return;
  for (const name of chromiums.slice(0, 2)) if (await debian(name, ofDebian(name))) return;
  say('installing Chromium (npx playwright install chromium)');
  if (!(await run('npx', ['playwright', 'install', 'chromium'])))
    give('no Chromium was found and none could be installed', 'npx playwright install chromium');
}

/** A voice for callers and for the practice contact centre; without one they babble, and the walk is the same. */
async function voice() {
  if (onPath('espeak-ng') || (await debian('a voice for the telephone', ['espeak-ng']))) return;
  say('no espeak-ng: voices will babble; sudo apt-get install --no-install-recommends espeak-ng gives them words');
}

/** The servers that the tests talk to. */
async function servers() {
  const missing = absent(names);
  if (missing.length > 0 && !(await debian('the servers that tests talk to', missing)))
    give(
      `servers that tests talk to are missing: ${missing.join(' ')}`,
      `sudo apt-get install --no-install-recommends ${missing.join(' ')}`,
    );
}

/** Debian packages, as root only; true when they are there afterwards. Their servers are not started. */
async function debian(what, wanted) {
  if (!onPath('apt-get') || process.getuid?.() !== 0) return false;
  say(`installing ${what} (apt-get install ${wanted.join(' ')})`);
  const policy = '/usr/sbin/policy-rc.d';
  const quiet = !existsSync(policy);
  if (quiet) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...wanted], { env });
  const done = (await install()) || ((await run('apt-get', ['update', '-qq'], { env })) && (await install()));
  if (quiet) rmSync(policy, { force: true });
  return done;
}

/** Names of Debian packages that the tests need. */
function peers() {
  const list = 'test/peers/packages.json';
  return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')).packages : [];
}

function absent(wanted) {
  return wanted.filter((name) => spawnSync('dpkg', ['-s', name], { stdio: 'ignore' }).status !== 0);
}

function chromium() {
  return chromiums.some(onPath);
}

/** Whether Playwright ever fetched a Chromium; which one it wants is known once the packages are there. */
function ownBrowsers() {
  const folder = process.env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), '.cache/ms-playwright');
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('chromium'));
}
