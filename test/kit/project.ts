import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A user's project in a folder of its own, with the real command line. Goes away with the test. */
export class Project implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'throughline-project-'));

  readonly #children = new Set<ChildProcess>();

  constructor() {
    this.write('config/local.yaml', 'location: here\n');
    mkdirSync(join(this.root, 'node_modules'));
    symlinkSync(join(process.cwd(), 'node_modules/zod'), join(this.root, 'node_modules/zod'));
  }

  write(name: string, text: string | Uint8Array): void {
    mkdirSync(dirname(join(this.root, name)), { recursive: true });
    writeFileSync(join(this.root, name), text);
  }

  has(name: string): boolean {
    return existsSync(join(this.root, name));
  }

  read(name: string): string {
    return readFileSync(join(this.root, name), 'utf8');
  }

  /** Runs `throughline`; `watch` sees all output so far, and may send signals. */
  run(
    args: readonly string[],
    watch?: (out: string, child: ChildProcess) => void,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    const bin = join(process.cwd(), 'bin/throughline.mjs');
    const env = { ...process.env, CI: '', DATABASE_URL: '', NO_COLOR: '1', ...more };
    const child = spawn(process.execPath, [bin, ...args], { cwd: this.root, env });
    const said = { out: '', err: '' };
    child.stdout.on('data', (piece: Buffer) => {
      said.out += String(piece);
      watch?.(said.out, child);
    });
    child.stderr.on('data', (piece: Buffer) => {
      said.err += String(piece);
    });
    this.#children.add(child);
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...said })));
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }
}
