import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a lease: host, numbering of its processes, process. A random end tells two stores of one process apart. */
export const holder = (random: string): string => `${hostname()} ${numbering()} ${process.pid} ${random}`;

/** True when a holder surely lives no more: a process of this host, by the same numbering, that is not there. */
export function isGone(held: string): boolean {
  const [host, numbers, process, more] = held.split(' ');
  if (host !== hostname() || numbers !== numbering() || more === undefined) return false;
  return !isThere(Number(process));
}

/** Containers on the network of one host may share its name, but not its process numbers (pid_namespaces(7)). */
function numbering(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return 'pid';
  }
}

function isThere(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
