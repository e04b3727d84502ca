import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Event, StepEnded } from '../../core/event.ts';
import { exits } from '../../core/verdict.ts';
import { Project } from '../kit/project.ts';

const bin = join(process.cwd(), 'bin/throughline.mjs');

/** A contact centre in a process of its own, and its address. */
async function labProcess(): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, [bin, 'lab', '--port', '0']);
  const said = Promise.withResolvers<string>();
  let out = '';
  child.stdout.on('data', (piece: Buffer) => {
    out += piece;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0];
    if (url) said.resolve(url);
  });
  child.once('exit', () => said.reject(new Error(`the lab did not start: ${out}`)));
  return { child, url: await said.promise };
}

/** Two walks; the contact centre is killed in the middle of the first one. */
async function killed(config: (url: string) => string, args: (url: string) => readonly string[]) {
  using project = new Project();
  const { child, url } = await labProcess();
  project.write('config/local.yaml', config(url));
  project.write(
    'journeys/a.yaml',
    'title: A\nsteps:\n  - chat.open:\n  - pause: 1ms\n  - chat.hear: never said\n    within: 30s\n',
  );
  project.write('journeys/b.yaml', 'title: B\nsteps:\n  - chat.open:\n    retry: 1\n');
  const ended = await project.run(['run', '--reporter', 'ndjson', ...args(url)], (out) => {
    if (/"type":"step.ended"[^\n]*"step":"pause"/.test(out)) child.kill('SIGKILL');
  });
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const events = ended.out.trimEnd().split('\n');
  const steps = events
    .map((line) => JSON.parse(line) as Event)
    .filter((event): event is StepEnded => event.type === 'step.ended');
  const of = (journey: string, step: string) => steps.find((one) => one.journey === journey && one.step === step);
  return { url, code: ended.code, heard: of('a', 'chat.hear'), opened: of('b', 'chat.open') };
}

const chat = (base: string) => `location: here\nchat: { map: plain-ws, vars: { base: "${base}/chat" } }\n`;

test('a practice contact centre of ours that dies in mid-run makes steps broken: nothing was told about theirs', async () => {
  const { url, code, heard, opened } = await killed(
    () => `lab: auto\n${chat(`\${lab.ws}`)}`,
    (lab) => ['--lab', lab],
  );
  const gone = `the practice contact centre at ${url} is not there any more`;
  expect(heard).toMatchObject({ status: 'broken', trouble: { kind: 'broken', message: gone } });
  expect(heard?.sentence).toContain(`could not be told: ${gone}; came: `);
  expect(opened).toMatchObject({ status: 'broken', tries: 2, trouble: { message: gone } });
  expect(code).toBe(exits.broken);
});

test('a contact centre of theirs that dies in mid-run makes steps failed', async () => {
  const { code, heard, opened } = await killed(
    (url) => chat(url.replace('http', 'ws')),
    () => [],
  );
  expect(heard).toMatchObject({ status: 'failed', trouble: { kind: 'failure' } });
  expect(opened).toMatchObject({ status: 'failed', tries: 2, trouble: { kind: 'failure' } });
  expect(code).toBe(exits.failed);
});
