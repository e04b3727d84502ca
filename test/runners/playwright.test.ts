import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Project } from '../kit/project.ts';

interface Step {
  readonly title: string;
  readonly steps?: readonly Step[];
}
interface Suite {
  readonly specs?: readonly {
    readonly title: string;
    readonly ok: boolean;
    readonly tests: readonly { readonly results: readonly { readonly steps: readonly Step[] }[] }[];
  }[];
  readonly suites?: readonly Suite[];
}

test('Playwright runs journeys as its tests, our steps as its steps', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-playwright-'));
  const report = join(folder, 'report.json');
  try {
    await promisify(execFile)(
      process.execPath,
      [
        'node_modules/@playwright/test/cli.js',
        'test',
        '--reporter=json',
        '--output',
        folder,
        '--grep',
        'opening-hours|sign-in-and-balance',
      ],
      { env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report } },
    );
    const { suites } = JSON.parse(readFileSync(report, 'utf8')) as { suites: readonly Suite[] };
    const specs = suites.flatMap((suite) => [
      ...(suite.specs ?? []),
      ...(suite.suites ?? []).flatMap((one) => one.specs ?? []),
    ]);
    expect(specs.map(({ title, ok }) => [title.split(':')[0], ok]).sort()).toEqual([
      ['chat/opening-hours', true],
      ['web/sign-in-and-balance', true],
    ]);
    const steps = specs.find(({ title }) => title.startsWith('web/'))?.tests[0]?.results[0]?.steps ?? [];
    const flow = steps.find(({ title }) => title === 'sign in');
    expect(flow?.steps?.map(({ title }) => title)).toContain('fill in the PIN');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

interface Result {
  readonly status: string;
  readonly annotations: readonly { readonly type: string; readonly description?: string }[];
  readonly errors: readonly {
    readonly message: string;
    readonly location?: { readonly file: string; readonly line: number };
  }[];
  readonly steps?: readonly { readonly title: string; readonly error?: object }[];
}

const deed = `import { z } from 'zod';
export default {
  about: 'does what a test says', settings: z.object({}), open: async () => ({ async [Symbol.asyncDispose]() {} }),
  actions: {
    well: { about: 'goes well', layer: 'bot', args: z.object({}), run: async () => {} },
    poorly: { about: 'goes poorly', layer: 'bot', args: z.object({}), run: async (_, __, { degrade }) => degrade('MOS 2.9, target 4') },
    badly: { about: 'goes wrong', layer: 'bot', args: z.object({}), run: async () => { throw new TypeError('x is not a function') } },
    slowly: { about: 'takes too long', layer: 'bot', args: z.object({}), run: (_, __, { signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason))) },
  },
};
`;

test('a failed, degraded, broken, skipped and quarantined journey each tell so, with the place in the YAML', async () => {
  using project = new Project();
  for (const name of ['@playwright', 'playwright', 'playwright-core'])
    symlinkSync(join(process.cwd(), 'node_modules', name), join(project.root, 'node_modules', name));
  project.write('package.json', '{ "type": "module" }');
  project.write('drivers/deed.ts', deed);
  const quarantine = 'journey: silent, owner: me, reason: it rings at night, until: "2999-01-01"';
  project.write(
    'config/local.yaml',
    `location: here\nlab: "off"\nlayers: { bot: { owner: bots } }\nquarantine: [{ ${quarantine} }]\n`,
  );
  project.write(
    'journeys/slow.yaml',
    'title: Slow\nsteps:\n  - deed.well: {}\n  - deed.slowly: {}\n    within: 50ms\n  - deed.well: {}\n',
  );
  project.write('journeys/poor.yaml', 'title: Poor\nsteps:\n  - deed.poorly: {}\n');
  project.write('journeys/bad.yaml', 'title: Bad\nsteps:\n  - deed.badly: {}\n');
  project.write('journeys/never.yaml', 'title: Never\nsteps:\n  - deed.well: {}\n    if: "`false`"\n');
  project.write('journeys/silent.yaml', 'title: Silent\nsteps:\n  - deed.badly: {}\n');
  project.write(
    'playwright.config.ts',
    "export default { testDir: '.', testMatch: 'all.spec.ts', timeout: 0, workers: 1 };\n",
  );
  const host = join(process.cwd(), 'runners/playwright.ts');
  project.write(
    'all.spec.ts',
    `import { test } from '@playwright/test';\nimport { journeys } from '${host}';\nawait journeys(test, { cwd: import.meta.dirname });\n`,
  );
  const report = join(project.root, 'report.json');
  const cli = join(process.cwd(), 'node_modules/@playwright/test/cli.js');
  const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report };
  await promisify(execFile)(process.execPath, [cli, 'test', '--reporter=json'], { cwd: project.root, env }).catch(
    () => 0,
  );
  const { suites } = JSON.parse(readFileSync(report, 'utf8')) as { suites: readonly Suite[] };
  const results = new Map(
    suites.flatMap(({ specs = [] }) =>
      specs.map(({ title, tests }) => [title.split(':')[0], tests[0]?.results[0] as unknown as Result]),
    ),
  );
  const told = (name: string) =>
    results.get(name)?.annotations.map(({ type, description }) => `${type}: ${description}`);
  expect([...results].map(([name, { status }]) => [name, status]).sort()).toEqual([
    ['bad', 'failed'],
    ['never', 'skipped'],
    ['poor', 'passed'],
    ['silent', 'skipped'],
    ['slow', 'failed'],
  ]);
  expect(told('poor')).toEqual(['degraded: poorly MOS 2.9, target 4. Layer bot, owner bots.']);
  expect(told('slow')?.[0]).toMatch(/^failed: slowly failed after \d+(\.\d+)? ms: .*Layer bot, owner bots\.$/);
  expect(told('bad')?.[0]).toMatch(/^broken: badly could not be told: x is not a function\. That is about us/);
  expect(told('silent')?.at(-1)).toContain('quarantined until 2999-01-01 by me: it rings at night');
  expect(results.get('slow')?.errors[0]?.location).toMatchObject({
    file: join(project.root, 'journeys/slow.yaml'),
    line: 4,
  });
});
