import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../core/event.ts';
import type { startLab } from '../../lab/lab.ts';

export type Lab = Awaited<ReturnType<typeof startLab>>;

const bin = new URL('../../bin/throughline.mjs', import.meta.url).pathname;
export const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** A project of its own, pointed at a lab that runs in this process. */
export class Project implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'throughline-bench-'));

  constructor(lab: Lab) {
    this.write(
      'config/local.yaml',
      `location: bench\nvalues: { site: { url: "${lab.url}/site" } }\nchat: { map: plain-ws, vars: { base: "${lab.url.replace('http', 'ws')}/chat" } }\n`,
    );
  }

  write(name: string, text: string): string {
    const path = join(this.root, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

interface Ran {
  /** Epoch ms of the spawn. */
  readonly from: number;
  readonly events: readonly Event[];
  /** ms of user and system time. */
  readonly cpu: number;
  /** MB. */
  readonly peak: number;
}

/** One `throughline run` in a process of its own, with what it cost. */
export async function ran(project: Project, ...args: string[]): Promise<Ran> {
  const meter = `process.on('exit',()=>{const u=process.resourceUsage();process._rawDebug('usage '+JSON.stringify([u.userCPUTime+u.systemCPUTime,u.maxRSS]))})`;
  const from = Date.now();
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(meter)}`, bin, 'run', '--reporter', 'ndjson', ...args],
    { cwd: project.root },
  );
  let out = '';
  let err = '';
  child.stdout.on('data', (piece) => {
    out += piece;
  });
  child.stderr.on('data', (piece) => {
    err += piece;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  const usage = /usage (\[.*\])/.exec(err)?.[1];
  if (code !== 0 || usage === undefined)
    throw new Error(`throughline run ended with ${code}: ${err}${out.slice(-2000)}`);
  const [cpu = 0, peak = 0] = JSON.parse(usage) as number[];
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  return { from, events, cpu: cpu / 1000, peak: peak / 1024 };
}
