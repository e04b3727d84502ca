import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const home = process.cwd();
const floors = ['core', 'drivers', 'telephony', 'store', 'config', 'judge', 'reporters', 'lab', 'runners'].filter(
  (floor) => existsSync(join(process.cwd(), floor)),
);

/** A copy of the house, changed, and what the checker says of it. */
async function cruised(planted: Readonly<Record<string, string>>): Promise<{ code: number; said: string }> {
  const copy = mkdtempSync(join(tmpdir(), 'throughline-house-'));
  try {
    for (const file of ['scripts', '.dependency-cruiser.cjs', 'tsconfig.json', 'package.json', ...floors])
      cpSync(join(home, file), join(copy, file), { recursive: true });
    symlinkSync(join(home, 'node_modules'), join(copy, 'node_modules'));
    for (const [file, text] of Object.entries(planted)) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      writeFileSync(join(copy, file), text);
    }
    const { stdout, stderr } = await run(process.execPath, ['scripts/floors.mjs'], { cwd: copy });
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

test('the floors hold, and every source file was looked at', async () => {
  const count = floors.flatMap((floor) => globSync(`${floor}/**/*.ts`)).length;
  const { code, said } = await cruised({});
  expect(said).toContain(`${count} of ${count} source files cruised, 0 violations`);
  expect(code).toBe(0);
});

test('a planted import up the floors, one from part to part, and a cycle are found', async () => {
  const { code, said } = await cruised({
    'core/planted.ts': "import { version } from '../runners/package.ts';\nexport const up = version;\n",
    'drivers/planted.ts': "import chat from './chat.ts';\nexport default chat;\n",
    'judge/one.ts': "import { two } from './two.ts';\nexport const one = () => two;\n",
    'judge/two.ts': "import { one } from './one.ts';\nexport const two = () => one;\n",
  });
  expect(code).toBe(1);
  expect(said).toMatch(/core-knows-nothing: core\/planted\.ts → runners\/package\.ts/);
  expect(said).toMatch(/drivers\/planted\.ts → drivers\/chat\.ts/);
  expect(said).toMatch(/no-cycle: judge\/(one|two)\.ts/);
});

test('what a script runs once the house is ready has a shell of its own: the first one remembers the Node that it began with', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const after = Object.values(scripts).flatMap((script) => /ready\.mjs[^&]*&& (.*)/.exec(script)?.[1] ?? []);
  expect(after.length).toBeGreaterThan(1);
  for (const command of after) expect(command).toMatch(/^npm run /);
});

test('no file is longer than 300 lines', () => {
  const files = [...floors, 'test', 'bench', 'scripts'].flatMap((floor) => globSync(`${floor}/**/*.{ts,mjs}`));
  expect(files.length).toBeGreaterThan(100);
  const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 301);
  expect(long).toEqual([]);
});

test('schema, language reference and event reference are what the definitions say', async () => {
  const { stdout } = await run(process.execPath, ['scripts/generate.ts', '--check']);
  expect(stdout).toBe('all up to date\n');
});
