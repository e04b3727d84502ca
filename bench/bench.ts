import { readdirSync } from 'node:fs';
import type { Report } from './report.ts';

type Part = (report: Report, say: (words: string) => void) => Promise<void>;

const parts = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'bench.ts' && file !== 'report.ts')
  .map((file) => file.slice(0, -3));
const words = process.argv.slice(2);
const json = words.includes('--json');
const wanted = words.filter((word) => !word.startsWith('--'));
const unknown = wanted.filter((word) => !parts.includes(word));
if (unknown.length > 0) {
  process.stderr.write(`no bench part ${unknown.join(', ')}; there are ${parts.join(', ')}\n`);
  process.exit(2);
}

// Peers that a part has started end with this process, however it ends.
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));

let held = true;
const show: Report = (row) => {
  if (row.holds === false) held = false;
  if (json) {
    process.stdout.write(`${JSON.stringify(row)}\n`);
    return;
  }
  const mark = row.holds === undefined ? ' ' : row.holds ? '✓' : '✕';
  const value = `${Number(row.value.toPrecision(4))} ${row.unit}`.padStart(16);
  const peer =
    row.peer === undefined
      ? ''
      : `   ${row.peer}${row.peerValue === undefined ? '' : ` ${Number(row.peerValue.toPrecision(4))} ${row.unit}`}`;
  process.stdout.write(`${mark} ${row.figure.padEnd(64)}${value}${row.goal ? `   goal ${row.goal}` : ''}${peer}\n`);
};

for (const part of parts.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  const { default: measure } = (await import(`./${part}.ts`)) as { default: Part };
  await measure(show, (words) => process.stderr.write(`  ... ${part}: ${words}\n`));
}
process.exitCode = held ? 0 : 1;
