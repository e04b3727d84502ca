import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event, Finding } from '../core/event.ts';
import { exits } from '../core/verdict.ts';
import { startLab } from '../lab/lab.ts';
import type { Report } from './report.ts';

const bin = fileURLToPath(new URL('../bin/throughline.mjs', import.meta.url));
const each = ['--repeat', '5', '--jobs', '5', '--reporter', 'ndjson'];

const journey = `title: A customer disputes a charge
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
`;

/** A user's project, asked by the command line alone. */
class Project implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'throughline-bench-proof-'));

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.root, name)), { recursive: true });
    writeFileSync(join(this.root, name), text);
  }

  run(...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [bin, ...args], { cwd: this.root, maxBuffer: 1e8 }, (error, out) =>
        resolve({ code: error === null ? 0 : Number(error.code), out }),
      );
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function findingOf(out: string): Finding | undefined {
  for (const line of out.trimEnd().split('\n')) {
    const event = JSON.parse(line) as Event;
    if (event.type === 'finding' && event.finding.status === 'regressed') return event.finding;
  }
  return undefined;
}

/** 40 walks in 8 batches, then ten times the same again, then a CRM that is 40 % slower behind a marker: over the real command line. */
export default async function proof(report: Report): Promise<void> {
  await using lab = await startLab({ faults: { 'crm.slow': '600ms' } });
  using project = new Project();
  using same = new Project();
  for (const one of [project, same]) {
    one.write(
      'config/local.yaml',
      `location: here
chat: { map: plain-ws, vars: { base: "${lab.url.replace('http', 'ws')}/chat" } }
crm: { base: "${lab.url}/crm" }
layers: { crm: { owner: crm-platform }, bot: { owner: digital-bot } }
`,
    );
    one.write('journeys/dispute.yaml', journey);
  }
  let passed = 0;
  for (let batch = 1; batch <= 8; batch += 1)
    if ((await project.run('run', ...each, '--batch', `before ${batch}`)).code === exits.passed) passed += 1;
  report({
    figure: 'batches of 5 walks that passed, CRM at 600 ms',
    value: passed,
    unit: 'of 8',
    goal: '8',
    holds: passed === 8,
  });
  cpSync(join(project.root, '.throughline'), join(same.root, '.throughline'), { recursive: true });

  let quiet = 0;
  for (let n = 1; n <= 10; n += 1) {
    const since = new Date().toISOString();
    await same.run('run', ...each, '--batch', `same ${n} a`);
    const { code, out } = await same.run('run', ...each, '--batch', `same ${n} b`, '--gate', '--since', since);
    if (code === exits.passed) quiet += 1;
    else report({ figure: `gate ${n}: ${findingOf(out)?.sentence ?? 'no finding'}`, value: code, unit: 'exit' });
  }
  report({
    figure: 'A/A gates of 10 walks in 2 batches that exit 0',
    value: quiet,
    unit: 'of 10',
    goal: '10',
    holds: quiet === 10,
  });

  const marker = await project.run('change', 'CRM release 9', '--scope', 'crm', '--by', 'crm-platform');
  await fetch(`${lab.url}/faults/crm.slow?value=840ms`, { method: 'PUT' });
  await project.run('run', ...each, '--batch', 'after 1');
  const html = ['--reporter', 'html=report.html'];
  const gate = await project.run('run', ...each, ...html, '--batch', 'after 2', '--gate', '--since', marker.out.trim());
  report({
    figure: 'exit of the gate, CRM 40 % slower behind a marker, 10 walks in 2 batches',
    value: gate.code,
    unit: '',
    goal: '4',
    holds: gate.code === exits.regressed,
  });
  const found = findingOf(gate.out);
  const named = [
    found?.step === 'case-in-crm',
    found?.layer === 'crm',
    found?.owner === 'crm-platform',
    found?.changes?.[0]?.name === 'CRM release 9',
    found?.sentence.includes('since CRM release 9'),
    readFileSync(join(project.root, 'report.html'), 'utf8').includes('CRM release 9'),
  ].filter(Boolean).length;
  report({
    figure: 'named: step, layer, owner, marker, in the sentence, in the HTML report',
    value: named,
    unit: 'of 6',
    goal: '6',
    holds: named === 6,
  });
}
