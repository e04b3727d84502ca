import { Readable } from 'node:stream';
import { cli } from '../../runners/cli.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process, with `stdin` as its input. */
export async function terminal(argv: readonly string[], stdin = ''): Promise<Said> {
  let out = '';
  let err = '';
  const code = await cli(argv, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    tty: false,
    color: false,
    columns: 80,
    cwd: import.meta.dirname,
    interrupt: new AbortController().signal,
    abandon: new AbortController().signal,
  });
  return { code, out, err };
}
