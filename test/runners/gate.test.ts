import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import { exits } from '../../core/verdict.ts';
import { startLab } from '../../lab/lab.ts';

const bin = join(process.cwd(), 'bin/throughline.mjs');
const project = mkdtempSync(join(tmpdir(), 'throughline-gate-'));
let lab: Awaited<ReturnType<typeof startLab>>;

const write = (name: string, text: string) => {
  mkdirSync(dirname(join(project, name)), { recursive: true });
  writeFileSync(join(project, name), text);
};
const throughline = (...args: string[]) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd: project, maxBuffer: 1e8 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
const walked = (batch: string, ...more: string[]) =>
  throughline('run', '--repeat', '5', '--jobs', '5', '--batch', batch, '--reporter', 'ndjson', ...more);
const crm = (value: string) => fetch(`${lab.url}/faults/crm.slow?value=${value}`, { method: 'PUT' });

beforeAll(async () => {
  lab = await startLab({ faults: { 'crm.slow': '600ms' } });
  write(
    'config/local.yaml',
    `location: here
chat: { map: plain-ws, vars: { base: "${lab.url.replace('http', 'ws')}/chat" } }
crm: { base: "${lab.url}/crm" }
layers: { crm: { owner: crm-platform }, bot: { owner: digital-bot } }
`,
  );
  write(
    'journeys/dispute.yaml',
    `title: A customer disputes a charge
steps:
  - chat.open: { as-user: Ada Whitfield, phone: "+442079460018" }
    id: greeted
  - chat.say: I want to dispute a charge of 42.17
    id: disputed
  - crm.expect: { case: { subject: Disputed charge, tag: "\${run.mark}" }, since: disputed }
    id: case-in-crm
    save: case
finally:
  - crm.forget: \${case.id}
`,
  );
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(project, { recursive: true, force: true });
});

test('a gate without a baseline says so, exit 2', async () => {
  const { code, err } = await walked('first', '--gate');
  expect(code).toBe(exits.usage);
  expect(err).toContain('there is no baseline to judge against');
});

test.each([
  [['--baseline', 'last:10'], '--baseline is for a gate'],
  [['--since', '2026-01-01'], '--since is for a gate'],
  [['--gate', '--baseline', 'last:0'], '--baseline last:0 names no walks'],
])('%j is refused before anything is walked', async (words, said) => {
  const before = (await throughline('history')).out;
  const { code, err } = await throughline('run', ...words);
  expect(code).toBe(exits.usage);
  expect(err).toContain(said);
  expect((await throughline('history')).out).toBe(before);
});

test('forty walks in eight batches, then a slower CRM behind a change: exit 4, step, layer, owner and change are named', {
  timeout: 600_000,
}, async () => {
  for (let batch = 1; batch <= 8; batch += 1) expect((await walked(`before ${batch}`)).code).toBe(exits.passed);
  const same = await walked('same', '--gate');
  expect(same.code).toBe(exits.passed);
  expect(same.out).not.toContain('"status":"regressed"');

  const marked = await throughline('change', 'CRM release 9', '--scope', 'crm', '--by', 'crm-platform');
  await crm('1500ms');
  expect((await walked('after 1')).code).toBe(exits.passed);
  const { code, out } = await walked(
    'after 2',
    '--gate',
    '--since',
    marked.out.trim(),
    '--reporter',
    'html=report.html',
    '--reporter',
    'junit=junit.xml',
  );
  expect(code).toBe(exits.regressed);
  const findings = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
    .flatMap((event) => (event.type === 'finding' && event.finding.status === 'regressed' ? [event.finding] : []));
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({
    kind: 'gate',
    step: 'case-in-crm',
    layer: 'crm',
    owner: 'crm-platform',
    details: { confirmed: true, after: { n: 10 } },
  });
  expect(findings[0]?.changes?.[0]).toMatchObject({ name: 'CRM release 9', by: 'crm-platform' });
  expect(findings[0]?.sentence).toMatch(/rose from [\d.]+ m?s to [\d.]+ m?s .*since CRM release 9/);
  const report = readFileSync(join(project, 'report.html'), 'utf8');
  expect(report).toContain('Regressed');
  expect(report).toContain('CRM release 9');
  expect(readFileSync(join(project, 'junit.xml'), 'utf8')).toMatch(/case-in-crm regressed.*<failure/s);

  const kept = await throughline('judge', 'last', '--since', 'CRM release 9');
  expect(kept).toMatchObject({ code: exits.regressed, out: expect.stringContaining('Layer crm, owner crm-platform') });
  const runs = (await throughline('history')).out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const compared = await throughline('compare', runs.at(-4) ?? '', 'last');
  expect(compared.out).toMatch(/likely, not confirmed: does not fail the gate/);
  expect(compared.code).toBe(exits.passed);

  const again = await walked('after 3', '--gate', '--since', 'CRM release 9');
  expect(again.code).toBe(exits.regressed);
  expect((await throughline('baseline', 'accept', 'dispute', '--reason', 'a slower region')).code).toBe(exits.passed);
  expect((await throughline('history', 'dispute')).out).toMatch(/case-in-crm .*\n {2}[▁-█]+ {2}\d+ samples/);
});

test('a kept run is told again byte for byte', async () => {
  const { out } = await walked('kept', '--reporter', 'html=live.html', '--reporter', 'junit=live.xml');
  const replayed = await throughline(
    'replay',
    'last',
    '--reporter',
    'ndjson',
    '--reporter',
    'html=again.html',
    '--reporter',
    'junit=again.xml',
  );
  const read = (name: string) => readFileSync(join(project, name), 'utf8');
  expect(replayed).toMatchObject({ code: exits.passed, out });
  expect(read('again.xml')).toBe(read('live.xml'));
  expect(read('again.html')).toBe(read('live.html'));
});
