#!/usr/bin/env node
// Plain JavaScript on purpose: it must give a readable answer on any Node, and Node strips no types below node_modules.
import { existsSync } from 'node:fs';
import module from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(
    `throughline needs Node 24.15 or later, this is ${process.version}\n  hint: npm install --save-dev node@24, then npx throughline ...`,
  );
  process.exit(2);
}
module.enableCompileCache?.();
const { trustNeighbours } = await import('./neighbours.mjs');
trustNeighbours();
const source = new URL('../runners/main.ts', import.meta.url);
const built = new URL('../dist/runners/main.js', import.meta.url);

const { main } = await import(existsSync(source) ? source.href : built.href);
await main();
