import { readFileSync } from 'node:fs';

/** Jiffies of all cores so far, from /proc/stat. */
interface Jiffies {
  readonly all: number;
  readonly idle: number;
  readonly stolen: number;
}

function jiffies(): Jiffies {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, stolen = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { all: user + nice + system + idle + wait + irq + soft + stolen, idle: idle + wait, stolen };
}

/** From now until it is asked: what the machine was doing, so that a figure can be believed or not. */
export function machine(): () => string {
  const before = jiffies();
  return () => {
    const after = jiffies();
    const all = Math.max(1, after.all - before.all);
    const percent = (part: number) => `${((100 * part) / all).toFixed(1)} %`;
    return `steal ${percent(after.stolen - before.stolen)}, idle ${percent(after.idle - before.idle)}`;
  };
}
