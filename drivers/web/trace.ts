import { readFileSync, writeFileSync } from 'node:fs';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';

/** Rewrites a trace or HAR by value, so that no secret is kept: a trace holds a typed password many times over. */
export function redactFile(path: string, secrets: readonly string[], redact: (text: string) => string): void {
  const bytes = readFileSync(path);
  if (secrets.length === 0) return;
  if (!path.endsWith('.zip')) {
    writeFileSync(path, redact(bytes.toString('utf8')));
    return;
  }
  const files = unzipSync(bytes);
  const kept = Object.entries(files).map(([name, content]): [string, Uint8Array] => {
    const text = strFromU8(content);
    const masked = isText(content) ? redact(text) : text;
    return [name, isText(content) ? strToU8(masked) : content];
  });
  writeFileSync(path, zipSync(Object.fromEntries(kept)));
}

/** Texts only: pictures hold no values to find. */
function isText(content: Uint8Array): boolean {
  return !content.subarray(0, 512).includes(0);
}
