import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Project } from '../kit/project.ts';

const run = promisify(execFile);
const bin = join(process.cwd(), 'bin/throughline.mjs');
const project = mkdtempSync(join(tmpdir(), 'throughline-driver-'));
const throughline = (...args: string[]) => run(process.execPath, [bin, ...args], { cwd: project });
const house = [
  ...['bin', 'config', 'core', 'drivers', 'judge', 'lab', 'reporters', 'runners', 'scripts', 'store', 'telephony'],
  ...['docs/guide', 'journeys', 'package.json', 'tsconfig.json'],
].filter((name) => existsSync(name));

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

test('it is found from a folder further down too', async () => {
  mkdirSync(join(project, 'journeys/deep'), { recursive: true });
  const below = (...args: string[]) => run(process.execPath, [bin, ...args], { cwd: join(project, 'journeys/deep') });
  expect((await below('schema')).stdout).toContain('fax.send');
  expect((await below('help', 'fax.send')).stdout).toContain('what is written on the page');
  expect((await below('completion', 'fish')).stdout).toContain('fax');
});

test('the same in drivers/ of this repository, in TypeScript: no other file is touched', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'throughline-copy-'));
  try {
    for (const name of house) cpSync(name, join(copy, name), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
    writeFileSync(join(copy, 'drivers/fax.ts'), typed);
    writeFileSync(
      join(copy, 'journeys/page.yaml'),
      'title: A customer faxes\ntags: [fax]\nsteps:\n  - fax.send: Hello\n',
    );
    const here = (...args: string[]) => run(process.execPath, args, { cwd: copy });
    const own = (...args: string[]) => here('bin/throughline.mjs', ...args);
    expect((await own('schema')).stdout).toContain('what is written on the page');
    expect((await own('help', 'fax')).stdout).toContain('fax.send');
    expect((await own('completion', 'zsh')).stdout).toContain('fax');
    const { stdout } = await own('run', '--tag', 'fax', '--reporter', 'console');
    expect(stdout).toMatch(/✓ send “?Hello/);
    await here('scripts/generate.ts');
    expect(readFileSync(join(copy, 'docs/guide/language.md'), 'utf8')).toContain('### fax.send');
    expect(readFileSync(join(copy, 'journeys/journey.schema.json'), 'utf8')).toContain('"fax.send"');
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test('a driver written as a module loads in a project that `npm init` called CommonJS, in JavaScript and TypeScript', async () => {
  using other = new Project();
  other.write('package.json', '{ "type": "commonjs" }');
  other.write('drivers/fax.js', fax);
  other.write('drivers/telex.ts', fax.replace('pages = []', 'readonly pages: string[] = []'));
  other.write('drivers/old.js', "module.exports = require('./inner.cjs');\n");
  other.write(
    'drivers/inner.cjs',
    `const { z } = require('zod');\nmodule.exports = { about: 'old', settings: z.object({}), open: async () => ({}), actions: {} };\n`,
  );
  other.write('journeys/page.yaml', 'title: t\nsteps:\n  - fax.send: Hello\n  - telex.send: Hello\n');
  const { code, out, err } = await other.run(['run', '--reporter', 'console']);
  expect([code, err]).toEqual([0, '']);
  expect(out.match(/✓ send Hello/g)).toHaveLength(2);
});

const typed = `import { z } from 'zod';
import { defineAction, defineDriver } from '../core/driver.ts';

class Machine implements AsyncDisposable {
  readonly pages: string[] = [];
  async [Symbol.asyncDispose](): Promise<void> {}
}

export default defineDriver({
  about: 'a fax machine',
  settings: z.object({ number: z.string().default('007') }),
  open: async () => new Machine(),
  actions: {
    send: defineAction({
      about: 'send a page',
      main: 'text',
      layer: 'carrier',
      args: z.object({ text: z.string().describe('what is written on the page') }),
      run: async ({ text }, machine: Machine) => machine.pages.push(text),
    }),
  },
});
`;
