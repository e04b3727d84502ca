import { execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../kit/ports.ts';

const run = promisify(execFile);
const installed = '/usr/lib/postgresql';

/** A PostgreSQL of this test's own: free port, own data folder, gone afterwards. */
export class Postgres implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #bin: string;
  readonly #as: readonly string[];
  #count = 0;

  private constructor(folder: string, bin: string, { port, as }: { port: number; as: readonly string[] }) {
    this.#folder = folder;
    this.#bin = bin;
    this.#as = as;
    this.url = `postgres://throughline@127.0.0.1:${port}/postgres`;
  }

  static async start(): Promise<Postgres> {
    const version = existsSync(installed) ? readdirSync(installed).sort().at(-1) : undefined;
    if (version === undefined)
      throw new Error('PostgreSQL is missing: sudo apt-get install --no-install-recommends postgresql');
    const folder = mkdtempSync(join(tmpdir(), 'throughline-postgres-'));
    const root = userInfo().uid === 0;
    const as = root ? ['runuser', '-u', 'postgres', '--'] : [];
    mkdirSync(join(folder, 'run'));
    if (root) {
      const { stdout } = await run('id', ['-u', 'postgres']);
      for (const path of [folder, join(folder, 'run')]) chownSync(path, Number(stdout), 0);
    }
    const port = await freePort();
    const server = new Postgres(folder, join(installed, version, 'bin'), { port, as });
    await server.#do('initdb', '-D', join(folder, 'data'), '-U', 'throughline', '--auth=trust', '--no-sync');
    await server.#start(port);
    return server;
  }

  /** Address of a new and empty database. */
  async database(): Promise<string> {
    this.#count += 1;
    const name = `made_${this.#count}`;
    const { port } = new URL(this.url);
    await this.#do('createdb', '-h', '127.0.0.1', '-p', port, '-U', 'throughline', name);
    return this.url.replace(/postgres$/, name);
  }

  async #start(port: number): Promise<void> {
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${join(this.#folder, 'run')}`;
    await this.#do(
      'pg_ctl',
      '-D',
      join(this.#folder, 'data'),
      '-w',
      '-l',
      join(this.#folder, 'run/log'),
      '-o',
      options,
      'start',
    );
  }

  /** As after a power cut: nothing is written out. */
  async restart(): Promise<void> {
    await this.stop();
    await this.again();
  }

  /** As by a power cut. */
  async stop(): Promise<void> {
    await this.#do('pg_ctl', '-D', join(this.#folder, 'data'), '-m', 'immediate', '-w', 'stop');
  }

  async again(): Promise<void> {
    await this.#start(Number(new URL(this.url).port));
  }

  async #do(program: string, ...args: string[]): Promise<void> {
    const [first = '', ...rest] = [...this.#as, join(this.#bin, program), ...args];
    // pg_ctl leaves the server with its output: nothing of it may be a pipe of ours.
    const child = spawn(first, rest, { cwd: this.#folder, stdio: 'ignore' });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#do('pg_ctl', '-D', join(this.#folder, 'data'), '-m', 'fast', '-w', 'stop');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
