import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import { exits } from '../../core/verdict.ts';
import { startLab } from '../../lab/lab.ts';

const bin = join(process.cwd(), 'bin/throughline.mjs');
const project = mkdtempSync(join(tmpdir(), 'throughline-cli-'));
let lab: Awaited<ReturnType<typeof startLab>>;

const write = (name: string, text: string | Uint8Array) => {
  mkdirSync(dirname(join(project, name)), { recursive: true });
  writeFileSync(join(project, name), text);
};

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const throughline = (...args: string[]) =>
  new Promise<Ended>((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd: project }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
const events = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);

beforeAll(async () => {
  lab = await startLab();
  write(
    'config/local.yaml',
    `location: here\nchat:\n  map: plain-ws\n  vars: { base: "${lab.url.replace('http', 'ws')}/chat" }\nlayers:\n  bot: { owner: digital-bot }\n`,
  );
  write(
    'journeys/fine.yaml',
    'title: Fine\ntags: [fine]\nsteps:\n  - chat.open:\n  - chat.say: What are your opening hours?\n  - chat.hear: Monday to Friday\n',
  );
  write('journeys/late.yaml', 'title: Late\ntags: [late]\nsteps:\n  - chat.open:\n    target: 1ms\n');
  write(
    'journeys/wrong.yaml',
    'title: Wrong\ntags: [wrong]\nsteps:\n  - chat.open:\n  - chat.hear: Good night\n    within: 300ms\n',
  );
  write(
    'journeys/long.yaml',
    'title: Long\ntags: [long]\nsteps:\n  - chat.open:\n  - pause: 50s\n    within: 60s\n    title: think long\nfinally:\n  - chat.say: Goodbye\n',
  );
  write('journeys/deaf.yaml', 'title: Nobody there\ntags: [deaf]\nsteps:\n  - http.call: http://127.0.0.1:1/\n');
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(project, { recursive: true, force: true });
});

describe('exit codes', () => {
  test.each([
    ['passed', ['--tag', 'fine'], exits.passed],
    ['degraded', ['--tag', 'late'], exits.passed],
    ['degraded, strict', ['--tag', 'late', '--strict'], exits.failed],
    ['failed', ['--tag', 'wrong'], exits.failed],
    ['failed beside passed', ['--tag', 'wrong', '--tag', 'fine', '--jobs', '2'], exits.failed],
    ['no such tag', ['--tag', 'none'], exits.usage],
    ['no such option', ['--jbos', '2'], exits.usage],
    ['no such reporter', ['--reporter', 'junt'], exits.usage],
  ] as const)('%s', async (_, args, code) => {
    const ended = await throughline('run', '--reporter', 'console', ...args);
    expect(ended).toMatchObject({ code });
    expect(code === exits.usage ? ended.err : ended.out).not.toBe('');
  });

  test('the table in the README is the one that holds', () => {
    const readme = readFileSync('README.md', 'utf8');
    for (const [name, code] of Object.entries(exits))
      expect(readme).toMatch(new RegExp(`\\| ${code} \\| [^\\n]*${name === 'usage' ? 'wrong' : name}`));
  });
});

describe('bad input ends with 2, a hint, and nothing dialled', () => {
  test('an unwritable report', async () => {
    write('file', 'x');
    const { code, err } = await throughline('run', '--tag', 'fine', '--reporter', 'html=file/report.html');
    expect(code).toBe(exits.usage);
    expect(err).toMatch(/report\.html cannot be written: .*\n?.*name another place: --reporter html=PATH/s);
  });

  test('unknown keys in the configuration', async () => {
    write('config/typo.yaml', 'locatoin: here\nguard:\n  hots: []\n');
    const { code, err } = await throughline('run', '--env', 'typo');
    expect(code).toBe(exits.usage);
    expect(err).toMatch(/config\/typo\.yaml:1:1 unknown key `locatoin`.*did you mean `location`/s);
    expect(err).toMatch(/config\/typo\.yaml:3:3 .*guard\.hots/s);
  });

  test('a target that the guard does not allow', async () => {
    write('elsewhere/away.yaml', 'title: Away\nsteps:\n  - http.call: https://bank.example/\n');
    const { code, err } = await throughline('check', 'elsewhere/away.yaml');
    expect(code).toBe(exits.usage);
    expect(err).toMatch(/away\.yaml:3:\d+ .*bank\.example/s);
  });

  test('the port of the lab in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const { code, err } = await throughline('lab', '--port', String(port));
    taken.close();
    expect(code).toBe(exits.usage);
    expect(err).toMatch(new RegExp(`${port}.*in use.*--port`, 's'));
  });
});

test('a socket that nobody serves is told as such, never as passed', async () => {
  const { code, out } = await throughline('run', '--tag', 'deaf', '--reporter', 'ndjson');
  expect([exits.failed, exits.broken]).toContain(code);
  expect(events(out).find((event) => event.type === 'step.ended')).toMatchObject({
    trouble: { message: expect.stringContaining('127.0.0.1:1') },
  });
});

test('Ctrl-C: finally is run, sessions are closed, reports are written, exit 130', async () => {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      bin,
      'run',
      '--tag',
      'long',
      '--reporter',
      'ndjson',
      '--reporter',
      'junit=out/junit.xml',
      '--reporter',
      'html=out/report.html',
    ],
    { cwd: project },
  );
  let out = '';
  child.stdout?.on('data', (piece: Buffer) => {
    if (!out.includes('think long') && String(piece).includes('think long')) child.kill('SIGINT');
    out += String(piece);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(exits.interrupted);
  const told = events(out);
  expect(told.at(-1)).toMatchObject({ type: 'run.ended', interrupted: true, exit: 130 });
  expect(told.find((event) => event.type === 'step.ended' && event.phase === 'finally')).toMatchObject({
    status: 'passed',
  });
  expect(readFileSync(join(project, 'out/junit.xml'), 'utf8')).toContain('</testsuites>');
  expect(readFileSync(join(project, 'out/report.html'), 'utf8')).toContain('</html>');
});
