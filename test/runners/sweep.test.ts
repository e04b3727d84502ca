import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startLab } from '../../lab/lab.ts';

const run = promisify(execFile);
const bin = join(process.cwd(), 'bin/throughline.mjs');

test('what a run that was killed left behind in the CRM is forgotten by sweep; what another machine may still be at is left alone', async () => {
  const project = mkdtempSync(join(tmpdir(), 'throughline-sweep-'));
  await using lab = await startLab();
  try {
    mkdirSync(join(project, 'config'));
    mkdirSync(join(project, 'journeys'));
    writeFileSync(
      join(project, 'config/local.yaml'),
      `location: here\nchat: { map: plain-ws, vars: { base: "${lab.url.replace('http', 'ws')}/chat" } }\ncrm: { base: "${lab.url}/crm" }\n`,
    );
    writeFileSync(
      join(project, 'journeys/case.yaml'),
      `title: A case\nsteps:\n  - chat.open:\n  - chat.say: I want to dispute a charge of 42.17\n    id: said\n  - crm.expect: { case: { subject: Disputed charge, tag: "\${run.mark}" }, since: said }\n    save: case\n  - pause: 50s\n    within: 60s\n    title: think long\nfinally:\n  - crm.forget: \${case.id}\n`,
    );
    const child = spawn(process.execPath, [bin, 'run', '--reporter', 'ndjson'], { cwd: project });
    let out = '';
    child.stdout.on('data', (piece: Buffer) => {
      out += piece;
    });
    await expect.poll(() => out).toContain('think long');
    const store = new DatabaseSync(join(project, '.throughline/store.sqlite'));
    const made = () => store.prepare('select count(*) as n from made').get()?.n;
    await expect.poll(made).toBe(1);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    const cases = async () =>
      ((await (await fetch(`${lab.url}/crm/cases`)).json()) as { items: unknown[] }).items.length;
    expect(await cases()).toBe(1);
    const sweep = async () => (await run(process.execPath, [bin, 'sweep'], { cwd: project })).stdout;
    const mine = store.prepare("select holder from lease where kind = 'run'").get()?.holder;
    store.exec("update lease set holder = 'elsewhere pid 1 x' where kind = 'run'");
    expect(await sweep()).toMatch(/^left alone: what run \S+ made, which still runs.*\nnothing was left behind\n$/);
    store.prepare("update lease set holder = ? where kind = 'run'").run(String(mine));
    store.close();
    expect(await sweep()).toMatch(/forgotten: crm .*\n1 left behind, 0 still there/);
    expect(await cases()).toBe(0);
    expect(await sweep()).toContain('nothing was left behind');
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
});
