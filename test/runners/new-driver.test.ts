import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const bin = join(process.cwd(), 'bin/throughline.mjs');
const project = mkdtempSync(join(tmpdir(), 'throughline-driver-'));
const throughline = (...args: string[]) => run(process.execPath, [bin, ...args], { cwd: project });

const fax = `import { z } from 'zod';

class Machine {
  pages = [];
  async [Symbol.asyncDispose]() {}
}

export default {
  about: 'a fax machine',
  settings: z.object({ number: z.string().default('007') }),
  open: async () => new Machine(),
  actions: {
    send: {
      about: 'send a page',
      main: 'text',
      layer: 'carrier',
      args: z.object({ text: z.string().describe('what is written on the page') }),
      run: async ({ text }, machine) => {
        machine.pages.push(text);
        return machine.pages.length;
      },
    },
  },
};
`;

beforeAll(() => {
  for (const folder of ['drivers', 'journeys', 'config', 'node_modules']) mkdirSync(join(project, folder));
  symlinkSync(join(process.cwd(), 'node_modules/zod'), join(project, 'node_modules/zod'));
  writeFileSync(join(project, 'drivers/fax.mjs'), fax);
  writeFileSync(join(project, 'config/local.yaml'), 'location: here\n');
  writeFileSync(
    join(project, 'journeys/page.yaml'),
    'title: A customer faxes\nsteps:\n  - fax.send: Hello\n    save: count\n',
  );
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

test('a driver of 25 lines in drivers/ is in the schema, the help and the completion, and runs', async () => {
  expect(fax.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  const schema = JSON.parse((await throughline('schema')).stdout) as {
    definitions: { step: { properties: Record<string, unknown> } };
  };
  expect(JSON.stringify(schema.definitions.step.properties['fax.send'])).toContain('what is written on the page');
  expect((await throughline('help', 'fax')).stdout).toContain('fax.send');
  expect((await throughline('help')).stdout).toContain('fax');
  expect((await throughline('completion', 'bash')).stdout).toContain('fax');
  expect((await throughline('run', '--reporter', 'console')).stdout).toMatch(/✓ send “?Hello/);
});

test('a misspelt verb of it is told with the nearest one', async () => {
  writeFileSync(join(project, 'journeys/wrong.yaml'), 'title: A customer faxes\nsteps:\n  - fax.sent: Hello\n');
  await expect(throughline('check')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/wrong\.yaml:3:5.*fax\.sent.*fax\.send/s),
  });
  rmSync(join(project, 'journeys/wrong.yaml'));
});
