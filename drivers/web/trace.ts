import { readFileSync, writeFileSync } from 'node:fs';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';

/** Rewrites a trace or HAR by value, so that no secret is kept: a trace holds a typed password many times over. */
export function redactFile(path: string, secrets: readonly string[], redact: (text: string) => string): void {
  if (secrets.length === 0) return;
  const bytes = readFileSync(path);
  if (!path.endsWith('.zip')) {
    writeFileSync(path, redactText(bytes.toString('utf8'), redact));
    return;
  }
  const exact = new Set(secrets);
  const kept = Object.entries(unzipSync(bytes)).map(([name, content]): [string, Uint8Array] => {
    const numbers = name.startsWith('resources/') ? exact : none;
    return [name, isText(content) ? strToU8(redactText(strFromU8(content), redact, numbers)) : content];
  });
  writeFileSync(path, zipSync(Object.fromEntries(kept)));
}

const none: ReadonlySet<string> = new Set();

/** JSON, whole or a line at a time, by its strings, so that it stays JSON: a PIN may also be the middle of a time stamp. A number is one of `numbers` or no secret. */
function redactText(text: string, redact: (text: string) => string, numbers = none): string {
  if (!/^\s*[[{]/.test(text)) return redact(text);
  const whole = parsed(text);
  if (whole) return JSON.stringify(redacted(whole.value, redact, numbers));
  return text
    .split('\n')
    .map((line) => {
      const json = parsed(line);
      return json ? JSON.stringify(redacted(json.value, redact, numbers)) : redact(line);
    })
    .join('\n');
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** The name of a file within the trace: its content's hash, in which a short secret may stand by chance. */
const resource = /^(resources\/)?[0-9a-f]{40}(\.\w+)?$/;

function redacted(value: unknown, redact: (text: string) => string, numbers: ReadonlySet<string>): unknown {
  if (typeof value === 'number') return numbers.has(String(value)) ? '•••' : value;
  if (typeof value === 'string') return resource.test(value) ? value : redact(value);
  if (Array.isArray(value)) return value.map((item) => redacted(item, redact, numbers));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redacted(item, redact, numbers)]));
}

/** Texts only: pictures hold no values to find. */
function isText(content: Uint8Array): boolean {
  return !content.subarray(0, 512).includes(0);
}
