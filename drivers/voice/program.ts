import { execFile } from 'node:child_process';

const most = 1 << 20;

/** What a program writes; rejects with what went wrong and the end of what it complained. No shell. */
export function output(
  [program = '', ...args]: readonly string[],
  timeout: number,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: most, timeout: Math.ceil(timeout), killSignal: 'SIGKILL', signal } as const;
    execFile(program, args, options, (error, out, said) => {
      if (!error) return resolve(out);
      const complaint = said.trim().slice(-500);
      if (error.code === 'ENOENT') reject(new Error(`there is no program ${program}`));
      else if (error.killed) reject(new Error(`${program} had not finished after ${seconds(timeout)}`));
      else if (error.signal) reject(new Error(`${program} was killed by ${error.signal}: ${complaint}`));
      else
        reject(
          new Error(`${program} ended with ${error.code}: ${complaint || out.trim().slice(-500) || 'it said nothing'}`),
        );
    });
  });
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
