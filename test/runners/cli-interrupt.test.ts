import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import { exits } from '../../core/verdict.ts';
import { Project } from '../kit/project.ts';

/** A driver of the user's own that keeps a log of what happens to its sessions. */
const door = `import { appendFileSync } from 'node:fs';
import { z } from 'zod';
const log = (line) => appendFileSync('door.log', line + '\\n');
const verb = (run) => ({ about: 'x', layer: 'bot', args: z.object({}), run });
const until = (signal) => new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason), { once: true }));
export default {
  about: 'a door',
  settings: z.object({ jams: z.boolean().default(false), opens: z.boolean().default(true) }),
  open: async ({ jams, opens }, { actor }) => {
    log('opening ' + actor);
    if (!opens) await new Promise((done) => setTimeout(done, 60_000).unref());
    return { [Symbol.asyncDispose]: async () => { log('closed ' + actor); if (jams) { process.stdout.write('jammed\\n'); await new Promise(() => setInterval(() => {}, 1000)); } } };
  },
  actions: {
    knock: verb(async () => log('knocked')),
    wait: verb(async (_, __, { signal }) => { log('waiting'); await until(signal); }),
    thank: verb(async () => log('thanked')),
  },
};
`;
let project: Project;
beforeEach(() => {
  project = new Project();
  project.write('drivers/door.mjs', door);
});
afterEach(() => project[Symbol.dispose]());

const events = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);

/** Sends signals one by one, each when its word is seen in the stream of events. */
function onSight(...signs: readonly (readonly [string, NodeJS.Signals])[]) {
  const left = [...signs];
  return (out: string, child: ChildProcess) => {
    while (left[0] && out.includes(left[0][0])) child.kill(left.shift()?.[1]);
  };
}
const log = () => project.read('door.log').trimEnd().split('\n');

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s: finally is run, sessions close in reverse, nothing new starts, every report is whole',
  async (signal) => {
    project.write(
      'journeys/long.yaml',
      'title: Long\nactors: { agent: {} }\nsteps:\n  - door.knock:\n  - door.knock:\n    as: agent\n  - door.wait:\n    title: wait for ever\n  - door.knock:\nfinally:\n  - door.thank:\n',
    );
    const reporters = ['ndjson', 'ndjson=out/events.ndjson', 'junit=out/junit.xml', 'html=out/report.html'];
    const { code, out, err } = await project.run(
      ['run', '--repeat', '3', ...reporters.flatMap((name) => ['--reporter', name])],
      onSight(['wait for ever', signal]),
    );
    expect(err).toBe('');
    expect(code).toBe(exits.interrupted);
    expect(log()).toEqual([
      ...['opening customer', 'knocked', 'opening agent', 'knocked', 'waiting', 'thanked'],
      ...['closed agent', 'closed customer'],
    ]);
    const told = events(out);
    expect(told.filter(({ type }) => type === 'walk.started')).toHaveLength(1);
    expect(told.flatMap((event) => (event.type === 'step.ended' ? [[event.action, event.status]] : []))).toEqual([
      ['door.knock', 'passed'],
      ['door.knock', 'passed'],
      ['door.wait', 'skipped'],
      ['door.knock', 'skipped'],
      ['door.thank', 'passed'],
    ]);
    expect(told.at(-1)).toMatchObject({ type: 'run.ended', interrupted: true, exit: 130 });
    expect(project.read('out/events.ndjson')).toBe(out);
    expect(project.read('out/junit.xml')).toContain('</testsuites>');
    expect(project.read('out/report.html')).toContain('</html>');
    expect(project.has('out/junit.xml.part')).toBe(false);
  },
);

test('a second Ctrl-C abandons finally, and still closes sessions and writes reports', async () => {
  project.write(
    'journeys/long.yaml',
    'title: Long\nsteps:\n  - door.wait:\n    title: wait for ever\nfinally:\n  - door.wait:\n    title: clean for ever\n  - door.thank:\n',
  );
  const { code, out } = await project.run(
    ['run', '--reporter', 'ndjson', '--reporter', 'html=report.html'],
    onSight(['wait for ever', 'SIGINT'], ['clean for ever', 'SIGINT']),
  );
  expect(code).toBe(exits.interrupted);
  expect(log()).toEqual(['opening customer', 'waiting', 'waiting', 'closed customer']);
  expect(events(out).at(-1)).toMatchObject({ type: 'run.ended', exit: 130 });
  expect(project.read('report.html')).toContain('</html>');
});

test('a third Ctrl-C ends at once, whatever still hangs', async () => {
  project.write('config/local.yaml', 'location: here\ndoor: { jams: true }\n');
  project.write(
    'journeys/long.yaml',
    'title: Long\nsteps:\n  - door.wait:\n    title: wait for ever\nfinally:\n  - door.wait:\n    title: clean for ever\n',
  );
  const { code } = await project.run(
    ['run', '--reporter', 'ndjson'],
    onSight(['wait for ever', 'SIGINT'], ['clean for ever', 'SIGINT'], ['jammed', 'SIGINT']),
  );
  expect(code).toBe(exits.interrupted);
});

test('Ctrl-C while a session opens', async () => {
  project.write('config/local.yaml', 'location: here\ndoor: { opens: false }\n');
  project.write('journeys/long.yaml', 'title: Long\nsteps:\n  - door.knock:\n    title: knock at the door\n');
  const { code, out } = await project.run(['run', '--reporter', 'ndjson'], onSight(['knock at the door', 'SIGINT']));
  expect(code).toBe(exits.interrupted);
  expect(log()).toEqual(['opening customer']);
  expect(events(out).at(-1)).toMatchObject({ type: 'run.ended', exit: 130, walks: { failed: 0, broken: 0 } });
});

test('a driver that throws anything, anywhere, is broken: exit 3 with a report, never a crash', async () => {
  project.write(
    'drivers/bad.mjs',
    `import { z } from 'zod';
const verb = (run) => ({ about: 'x', layer: 'bot', args: z.object({}), run });
export default { about: 'bad', settings: z.object({}), open: async () => ({ [Symbol.asyncDispose]: async () => { throw undefined; } }), actions: {
  nothing: verb(async () => { throw null; }),
  later: verb(async () => { setImmediate(() => { throw new Error('thrown in a timer'); }); await new Promise((done) => setTimeout(done, 20)); }),
  orphan: verb(async () => { Promise.reject(new Error('nobody waits')); await new Promise((done) => setTimeout(done, 20)); }),
} };\n`,
  );
  for (const name of ['nothing', 'later', 'orphan'])
    project.write(`journeys/${name}.yaml`, `title: Bad\ntags: [${name}]\nsteps:\n  - bad.${name}:\n`);
  const { code, out, err } = await project.run(['run', '--reporter', 'ndjson', '--reporter', 'junit=junit.xml']);
  expect(err).toBe('');
  expect(code).toBe(exits.broken);
  const faults = events(out).flatMap((event) => (event.type === 'run.fault' ? [event.message] : []));
  expect(faults.join('\n')).toMatch(/thrown in a timer/);
  expect(faults.join('\n')).toMatch(/nobody waits/);
  expect(faults.join('\n')).toMatch(/bad session of customer failed to close/);
  expect(events(out).at(-1)).toMatchObject({ type: 'run.ended', status: 'broken', exit: 3 });
  expect(project.read('junit.xml')).toContain('</testsuites>');
});
