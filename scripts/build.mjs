// Builds dist/: plain JavaScript with types, and the data files that the sources read beside themselves.
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

process.chdir(new URL('..', import.meta.url).pathname);
rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
// TypeScript 6.0 rewrites `import('./x.ts')` in some places and not in others (within arrays and nested functions).
for (const file of globSync('dist/**/*.js')) {
  const text = readFileSync(file, 'utf8');
  const made = text.replaceAll(/\bimport\((['"])(\.{1,2}\/[^'"]+)\.ts\1\)/g, 'import($1$2.js$1)');
  if (made !== text) writeFileSync(file, made);
}
for (const file of globSync(
  '{core,drivers,telephony,store,config,judge,reporters,lab,runners}/**/*.{yaml,json,css,html,txt}',
))
  cpSync(file, `dist/${file}`);
