// Runs the static checks beside each other; each is told whole, in the order below, and every one that fails is named at the end.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

process.chdir(new URL('..', import.meta.url).pathname);
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
const env = {
  ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
  ...process.env,
  PATH: join(process.cwd(), 'node_modules/.bin') + delimiter + process.env.PATH,
};
const checks = ['check:types', 'check:lint', 'check:floors', 'check:dead'].map((name) => {
  const child = spawn(scripts[name], { shell: true, stdio: ['ignore', 'pipe', 'pipe'], env });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(bytes));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ name, code: code ?? 1, said: Buffer.concat(said) }));
  });
});
const failed = [];
for (const check of checks) {
  const { name, code, said } = await check;
  console.log(`${name} ${code === 0 ? 'passed' : `failed, exit ${code}`}`);
  process.stdout.write(said);
  if (code !== 0) failed.push(`npm run ${name}`);
}
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
