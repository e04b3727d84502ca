// Builds dist/: plain JavaScript with types, and the data files that the sources read beside themselves.
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';

process.chdir(new URL('..', import.meta.url).pathname);
rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
for (const file of globSync(
  '{core,drivers,telephony,store,config,judge,reporters,lab,runners}/**/*.{yaml,json,css,html,txt}',
))
  cpSync(file, `dist/${file}`);
