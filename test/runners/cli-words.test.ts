import { expect, test } from 'vitest';
import { Project } from '../kit/project.ts';

const ok = 'title: Fine\nowner: o\nsteps:\n  - pause: 1ms\n';

test('help fits a screen of 24 lines and 80 columns, and so does that of run, with an example', async () => {
  using project = new Project();
  const [all, run] = await Promise.all([project.run(['help']), project.run(['run', '--help'])]);
  for (const { out } of [all, run]) {
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  }
  expect(run.out).toContain('\nexample: throughline run ');
  for (const name of ['init', 'run', 'check', 'schema', 'lab', 'demo', 'history', 'replay'])
    expect(all.out).toMatch(new RegExp(`\\b${name}\\b`));
});

test('a journey is named by its path or by its id, a folder of them too; what is not there is said with what is', async () => {
  using project = new Project();
  project.write('journeys/area/fine.yaml', ok);
  const check = (...words: string[]) => project.run(['check', ...words]);
  const [id, folder, path, missing] = await Promise.all([
    check('area/fine'),
    check('area'),
    check('journeys/area/fine.yaml'),
    check('area/fnie'),
  ]);
  for (const { code, out } of [id, folder, path]) {
    expect(code).toBe(0);
    expect(out).toContain('✓ area/fine · 1 step\n');
  }
  expect(missing).toMatchObject({ code: 2, err: 'no file or folder area/fnie\n    hint: did you mean area/fine?\n' });
});

test('the kill switch, an unset variable and a lab that is not there end with 2 before anything is walked', async () => {
  using project = new Project();
  project.write('config/off.yaml', 'guard: { kill: true }\n');
  project.write('config/env.yaml', 'env: [THROUGHLINE_NEVER_SET]\n');
  project.write('journeys/fine.yaml', ok);
  project.write('journeys/token.yaml', `${ok}  - http.call: "http://127.0.0.1:1/\${env.THROUGHLINE_NEVER_SET}"\n`);
  const run = (...args: string[]) => project.run(['run', '--reporter', 'ndjson', ...args]);
  const [kill, unset, lab] = await Promise.all([
    run('fine', '--env', 'off'),
    run('token', '--env', 'env'),
    run('fine', '--lab', 'http://127.0.0.1:1'),
  ]);
  for (const { code, out } of [kill, unset, lab]) expect([code, out]).toEqual([2, '']);
  expect(kill.err).toMatch(/^the kill switch is on: nothing is contacted\n/);
  expect(unset.err).toBe(`journeys/token.yaml:5:16 \${env.THROUGHLINE_NEVER_SET} has no value
    - http.call: "http://127.0.0.1:1/\${env.THROUGHLINE_NEVER_SET}"
    hint: set the environment variable THROUGHLINE_NEVER_SET
`);
  expect(lab.err).toMatch(/^no practice contact centre answers at http:\/\/127\.0\.0\.1:1\n/);
});

test('check says what is quarantined for nothing; a layer that depends on none is a problem', async () => {
  using project = new Project();
  const entry = (journey: string, until: string, step = '') =>
    `  - { journey: ${journey}, owner: qa, reason: known, until: ${until}${step} }\n`;
  project.write(
    'config/local.yaml',
    `quarantine:\n${entry('fine', '2020-01-01')}${entry('gone', '2999-01-01')}${entry('fine', '2999-01-01', ', step: nope')}${entry('fine', '2999-01-01', ', step: pause')}`,
  );
  project.write('config/bad.yaml', 'layers:\n  bot: { dependsOn: [knowlege] }\nlocaton: x\n');
  project.write('journeys/fine.yaml', ok);
  const [stale, bad] = await Promise.all([project.run(['check']), project.run(['check', '--env', 'bad'])]);
  expect(stale.code).toBe(0);
  expect(stale.out.split('\n').filter((line) => line.includes('quarantine'))).toEqual([
    '▲ quarantine of fine ended on 2020-01-01: it runs again; ask qa',
    '▲ quarantine of gone: there is no such journey',
    '▲ quarantine of fine nope: it has no such step; there are pause',
  ]);
  expect(bad.code).toBe(2);
  expect(bad.err).toContain('config/bad.yaml:2:22 no layer `knowlege`');
  expect(bad.err.indexOf('knowlege')).toBeLessThan(bad.err.indexOf('locaton'));
});

test('what others say reaches no terminal as control characters, and starts no line of its own', async () => {
  using project = new Project();
  project.write(
    'journeys/odd.yaml',
    'title: "odd \\e[31m title"\nowner: o\nsteps:\n  - http.call: "http://127.0.0.1:1/\\e[2J"\n    title: "one\\n::error::two"\n',
  );
  const { out, code } = await project.run(['run', '--reporter', 'console']);
  expect(code).toBe(1);
  expect(out).not.toMatch(/[^\P{Cc}\n]/u);
  expect(out).not.toMatch(/^::error/m);
  expect(out).toContain('one ↵ ::error::two');
});

test('colours: NO_COLOR and a pipe have none, FORCE_COLOR=1 has them, FORCE_COLOR=0 has not', async () => {
  using project = new Project();
  project.write('journeys/fine.yaml', ok);
  const run = async (env: Readonly<Record<string, string>>) =>
    (await project.run(['run', '--reporter', 'console'], undefined, env)).out.includes('\u001b[');
  expect([await run({}), await run({ FORCE_COLOR: '1' }), await run({ FORCE_COLOR: '0' })]).toEqual([
    false,
    true,
    false,
  ]);
});

test('each finding says where to look next: the runbook of its layer, else a command', async () => {
  using project = new Project();
  project.write(
    'config/local.yaml',
    'location: here\nlayers:\n  bot: { owner: b, runbook: "https://wiki.example/bot" }\n  crm: { owner: c }\n',
  );
  const call = (layer: string) => `  - http.call: http://127.0.0.1:1/\n    layer: ${layer}\n    soft: true\n`;
  project.write('journeys/two.yaml', `title: Two\nowner: o\nsteps:\n${call('bot')}${call('crm')}`);
  const { out } = await project.run(['run', '--reporter', 'console']);
  expect(out.match(/next: .*/g)).toEqual([
    'next: https://wiki.example/bot',
    'next: throughline history two --step http.call#2',
  ]);
  const history = await project.run(['history', 'two', '--step', 'http.call#2']);
  expect(history.code).toBe(0);
  expect(history.out).toContain('http.call#2');
});
