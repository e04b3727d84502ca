import process from 'node:process';
import { environment } from '../config/config.ts';
import { Stopped } from '../core/deadline.ts';
import { cli } from './cli.ts';
import type { Io } from './io.ts';

/** NO_COLOR (no-color.org) says no to a terminal, FORCE_COLOR yes to anything else; 0 and false are no. */
function colorOf(tty: boolean): boolean {
  const forced = environment('FORCE_COLOR');
  if (forced !== undefined && forced !== '') return !/^(0|false)$/i.test(forced);
  return tty && !environment('NO_COLOR');
}

/** The process side of the command line: terminal, signals and exit code. */
export async function main(): Promise<void> {
  const interrupt = new AbortController();
  const abandon = new AbortController();
  const onSignal = () => {
    if (abandon.signal.aborted) process.exit(130);
    if (interrupt.signal.aborted) abandon.abort(new Stopped('interrupted twice'));
    else interrupt.abort(new Stopped('interrupted'));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  const tty = process.stdout.isTTY === true && environment('TERM') !== 'dumb';
  const io: Io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    tty,
    color: colorOf(tty),
    columns: process.stdout.columns ?? 100,
    cwd: process.cwd(),
    interrupt: interrupt.signal,
    abandon: abandon.signal,
  };
  process.exitCode = await cli(process.argv.slice(2), io);
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}
