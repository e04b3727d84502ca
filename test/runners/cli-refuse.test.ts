import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exits, type Status } from '../../core/verdict.ts';
import { startLab } from '../../lab/lab.ts';
import { exitOf } from '../../runners/once.ts';
import { Project } from '../kit/project.ts';

let project: Project;
let dialled = 0;
const desk = createServer((_, response) => {
  dialled += 1;
  response.end('hello');
});
let url: string;
beforeEach(async () => {
  project = new Project();
  dialled = 0;
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(desk.address() as AddressInfo).port}`;
  project.write('journeys/call.yaml', `title: Call\nsteps:\n  - http.call: ${url}/\n`);
});
afterEach(async () => {
  project[Symbol.dispose]();
  await new Promise((resolve) => desk.close(resolve));
});
const reports = ['--reporter', 'junit=out/junit.xml', '--reporter', 'html=out/report.html'];
const nothingWritten = () =>
  ['out/junit.xml', 'out/report.html', 'out/junit.xml.part', 'out/report.html.part'].every(
    (name) => !project.has(name),
  );

test('the peer is there: without a fault it is dialled and reports are written', async () => {
  const { code } = await project.run(['run', ...reports]);
  expect(code).toBe(exits.passed);
  expect(dialled).toBe(1);
  expect(nothingWritten()).toBe(false);
});

describe('exit 2, nothing dialled, nothing half-written', () => {
  test('one bad file among good ones, every problem told with its place and counted', async () => {
    project.write('journeys/wrong.yaml', 'title: Wrong\nsteps:\n  - http.cal: x\n  - pause: 2\n');
    const { code, err } = await project.run(['run', ...reports]);
    expect({ code, dialled, written: !nothingWritten() }).toEqual({ code: exits.usage, dialled: 0, written: false });
    expect(err).toMatchInlineSnapshot(`
      "journeys/wrong.yaml:3:5 http has no verb \`cal\`
          - http.cal: x
          hint: did you mean \`http.call\`?
      journeys/wrong.yaml:4:12 \`for\`: expected a duration as 500ms, 8s, 2m or 1h
          - pause: 2
      2 problems
      "
    `);
  });

  test('a CSV with a row that is wrong', async () => {
    project.write('journeys/people.csv', 'name,pin\nAda,1\nBob\n');
    project.write(
      'journeys/wrong.yaml',
      `title: W\ndata: { file: people.csv }\nsteps:\n  - http.call: ${url}/\${customer.name}\n`,
    );
    const { code, err } = await project.run(['run', ...reports]);
    expect({ code, dialled, written: !nothingWritten() }).toEqual({ code: exits.usage, dialled: 0, written: false });
    expect(err).toMatchInlineSnapshot(`
      "journeys/wrong.yaml:2:15 people.csv:3: 1 value for 2 columns
          data: { file: people.csv }
          hint: they are name, pin
      "
    `);
  });

  test('a target that the guard does not allow, in one journey of two', async () => {
    project.write('config/local.yaml', 'guard: { targets: [desk.bank.example] }\n');
    project.write('journeys/fine.yaml', 'title: Fine\nsteps:\n  - http.call: https://desk.bank.example/\n');
    const { code, err } = await project.run(['run', ...reports]);
    expect({ code, dialled, written: !nothingWritten() }).toEqual({ code: exits.usage, dialled: 0, written: false });
    expect(err.replaceAll(url, 'URL')).toMatchInlineSnapshot(`
      "journeys/call.yaml:3:16 the guard does not allow URL/
          - http.call: URL/
          hint: allowed here: desk.bank.example; add it to \`guard.targets\` in the configuration of this place
      "
    `);
  });

  test('a kill switch', async () => {
    project.write('config/local.yaml', 'guard: { kill: true }\n');
    const { code, err } = await project.run(['run', ...reports]);
    expect({ code, dialled, written: !nothingWritten() }).toEqual({ code: exits.usage, dialled: 0, written: false });
    expect(err.replaceAll(url, 'URL')).toMatchInlineSnapshot(`
      "journeys/call.yaml:3:16 the kill switch is on: nothing is contacted
          - http.call: URL/
          hint: set \`guard.kill: false\` in the configuration of this place
      "
    `);
  });

  test('a second report that cannot be written takes the first with it', async () => {
    project.write('file', '');
    const { code, err } = await project.run(['run', ...reports, '--reporter', 'ndjson=file/events.ndjson']);
    expect({ code, dialled, written: !nothingWritten() }).toEqual({ code: exits.usage, dialled: 0, written: false });
    expect(err).toContain('name another place: --reporter ndjson=PATH');
  });

  test('a store that cannot be written', async () => {
    project.write('config/local.yaml', 'store: config/local.yaml\n');
    const { code, err } = await project.run(['run', ...reports]);
    expect({ code, dialled, written: !nothingWritten() }).toEqual({ code: exits.usage, dialled: 0, written: false });
    expect(err).toMatch(/the store .*local\.yaml.* cannot be/);
  });
});

test('a target that only its filled value shows is refused before a packet leaves, exit 2 with a report', async () => {
  project.write('config/local.yaml', 'guard: { targets: [desk.bank.example] }\n');
  project.write('journeys/call.yaml', 'title: Call\nsteps:\n  - http.call: http://127.0.0.1:9/${run.attempt}\n');
  const { code, out } = await project.run(['run', '--reporter', 'console', ...reports]);
  expect({ code, dialled }).toEqual({ code: exits.usage, dialled: 0 });
  expect(out).toContain('the guard does not allow http://127.0.0.1:9/1');
  expect(project.read('out/junit.xml')).toContain('the guard does not allow');
});

test('a redirect to a target that the guard does not allow is told and not followed', async () => {
  let strayed = 0;
  const elsewhere = createServer((_, response) => {
    strayed += 1;
    response.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.2', resolve));
  const { port } = elsewhere.address() as AddressInfo;
  const door = createServer((_, response) => response.writeHead(302, { location: `http://127.0.0.2:${port}/` }).end());
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  project.write('config/local.yaml', 'guard: { targets: [127.0.0.1] }\n');
  project.write(
    'journeys/call.yaml',
    `title: Call\nsteps:\n  - http.call: http://127.0.0.1:${(door.address() as AddressInfo).port}/\n`,
  );
  const { code, out } = await project.run(['run', '--reporter', 'console']);
  elsewhere.close();
  door.close();
  expect({ code, strayed }).toEqual({ code: exits.failed, strayed: 0 });
  expect(out).toContain('302');
});

test('a lab that somebody forgot holds the port: it is named, with the way out', async () => {
  await using lab = await startLab();
  const { code, err } = await project.run(['lab', '--port', String(lab.port)]);
  expect(code).toBe(exits.usage);
  expect(err.replaceAll(String(lab.port), 'PORT').replaceAll(String(process.pid), 'PID')).toMatchInlineSnapshot(`
    "port PORT on 127.0.0.1 is in use by another lab (process PID)
        hint: choose another with --port (--port 0 takes a free one), or stop whoever holds it
    "
  `);
});

test('options that need a value, take none or are numbers', async () => {
  const said = async (...args: string[]) => {
    const { code, err } = await project.run(args);
    return `${code} ${err}`;
  };
  expect(await said('run', '--env')).toMatchInlineSnapshot(`
    "2 --env needs a value
        hint: see \`throughline run --help\`
    "
  `);
  expect(await said('run', '--repeat', '-1')).toMatchInlineSnapshot(`
    "2 --repeat needs a value
        hint: see \`throughline run --help\`
    "
  `);
  expect(await said('run', '--jobs', '1.5')).toMatchInlineSnapshot(`
    "2 --jobs takes a whole number from 1, got 1.5
    "
  `);
  expect(await said('run', '--strict=yes')).toMatchInlineSnapshot(`
    "2 option '--strict' does not take an argument
        hint: see \`throughline run --help\`
    "
  `);
  expect(await said('run', '--lab', 'here')).toMatchInlineSnapshot(`
    "2 --lab takes a URL, got here
        hint: for example --lab http://127.0.0.1:4600
    "
  `);
  expect(await said('rnu')).toMatchInlineSnapshot(`
    "2 unknown command rnu
        hint: did you mean \`throughline run\`?
    "
  `);
  expect(await said('run', 'journeys/cal.yaml')).toMatchInlineSnapshot(`
    "2 no file or folder journeys/cal.yaml
        hint: did you mean journeys/call.yaml?
    "
  `);
});

test.each<[string, Partial<Parameters<typeof exitOf>[0]>, number]>([
  ['nothing', {}, 0],
  ['passed', { ended: ['passed', 'skipped'] }, 0],
  ['degraded', { ended: ['degraded'] }, 0],
  ['degraded, strict', { ended: ['degraded'], strict: true }, 1],
  ['failed over broken', { ended: ['broken', 'failed'] }, 1],
  ['failed over regressed', { ended: ['failed'], regressed: true }, 1],
  ['regressed over broken', { ended: ['broken'], regressed: true }, 4],
  ['regressed', { ended: ['passed'], regressed: true }, 4],
  ['broken', { ended: ['passed', 'broken'] }, 3],
  ['misused over failed', { ended: ['failed', 'broken'], misused: true, regressed: true }, 2],
  ['interrupted over all', { ended: ['failed', 'broken'], misused: true, interrupted: true, regressed: true }, 130],
])('of several exit codes one holds: %s', (_, held, code) => {
  const none = { ended: [] as Status[], interrupted: false, misused: false, strict: false, regressed: false };
  expect(exitOf({ ...none, ...held })).toBe(code);
});
