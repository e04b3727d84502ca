import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { discoverDrivers } from '../../core/driver-shape.ts';
import { SpecError } from '../../core/errors.ts';
import { reserved } from '../../core/language.ts';

const home = mkdtempSync(join(tmpdir(), 'throughline-drivers-'));
beforeAll(() => symlinkSync(join(process.cwd(), 'node_modules'), join(home, 'node_modules')));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What is said of a project with this one driver. */
async function said(text: string): Promise<string> {
  const folder = mkdtempSync(join(home, 'drivers-'));
  writeFileSync(join(folder, 'fax.mjs'), text);
  try {
    return [...(await discoverDrivers(pathToFileURL(`${folder}/`))).keys()].join();
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.message.replaceAll(folder, 'DRIVERS');
  }
}

test('a driver that cannot be loaded is named with its file', async () => {
  expect(await said('export const fax = 1;')).toMatchInlineSnapshot(`
    "a driver in DRIVERS/ cannot be loaded: fax.mjs has no default export
        hint: see docs/guide/writing-a-driver.md"
  `);
  expect(await said("import './machine.mjs';")).toMatchInlineSnapshot(`
    "a driver in DRIVERS/ cannot be loaded: fax.mjs: Cannot find module './machine.mjs' imported from DRIVERS/fax.mjs
        hint: see docs/guide/writing-a-driver.md"
  `);
  expect(await said("throw new Error('no modem');")).toMatchInlineSnapshot(`
    "a driver in DRIVERS/ cannot be loaded: fax.mjs: no modem
        hint: see docs/guide/writing-a-driver.md"
  `);
});

test('a driver that is none is told member by member', async () => {
  expect(await said('export default 7;')).toMatchInlineSnapshot(`
    "driver fax: default export: expected a mapping, got a number
        hint: see docs/guide/writing-a-driver.md"
  `);
  expect(await said('export default {};')).toMatchInlineSnapshot(`
    "driver fax: about: expected a text, got nothing
        hint: see docs/guide/writing-a-driver.md
    driver fax: settings: expected a z.object of zod 4
        hint: see docs/guide/writing-a-driver.md
    driver fax: open: expected a function
        hint: see docs/guide/writing-a-driver.md
    driver fax: actions: expected a mapping, got nothing
        hint: see docs/guide/writing-a-driver.md"
  `);
  const half = `import { z } from 'zod';
    const run = async () => {};
    export default { about: 'x', settings: {}, open: async () => ({}), actions: {
      go: { about: 'go' },
      come: { about: 'come', layer: 'bot', main: 'page', args: z.object({ text: z.string() }), run },
      wait: { about: 'wait', layer: 'bot', args: z.object({ within: z.string() }), run },
    } };`;
  expect(await said(half)).toMatchInlineSnapshot(`
    "driver fax: settings: expected a z.object of zod 4
        hint: see docs/guide/writing-a-driver.md
    driver fax: actions.go.args: expected a z.object of zod 4
        hint: see docs/guide/writing-a-driver.md
    driver fax: actions.go.layer: expected a text, got nothing
        hint: see docs/guide/writing-a-driver.md
    driver fax: actions.go.run: expected a function
        hint: see docs/guide/writing-a-driver.md
    driver fax: actions.come.main: \`page\` is none of its arguments: text
        hint: see docs/guide/writing-a-driver.md
    driver fax: actions.wait.args.within: \`within\` is a key that every step has
        hint: see docs/guide/writing-a-driver.md"
  `);
});

test('one that is whole is taken', async () => {
  const whole = `import { z } from 'zod';
    export default { about: 'x', settings: z.object({}), open: async () => ({}), sweep: async () => {}, actions: {
      go: { about: 'go', layer: 'bot', watch: true, args: z.object({}), run: async () => {} } } };`;
  expect(await said(whole)).toBe('fax');
});

test('no action that ships has an argument with the name of a key of every step', async () => {
  const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
  const clashes = [...drivers].flatMap(([name, { actions }]) =>
    Object.entries(actions).flatMap(([verb, { args }]) =>
      Object.keys(args.shape).flatMap((key) => (Object.hasOwn(reserved, key) ? [`${name}.${verb} ${key}`] : [])),
    ),
  );
  expect(clashes).toEqual([]);
  expect(drivers.size).toBeGreaterThan(4);
});
