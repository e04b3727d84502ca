import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of the package, from source and from dist alike. */
export const packageRoot = fileURLToPath(
  new URL(import.meta.url.includes('/dist/runners/') ? '../../' : '../', import.meta.url),
);

export function version(): string {
  return (JSON.parse(readFileSync(`${packageRoot}package.json`, 'utf8')) as { version: string }).version;
}
