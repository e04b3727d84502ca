import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

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
