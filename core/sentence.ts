import { showMs } from './duration.ts';
import type { StepEnded } from './event.ts';

type Told = Pick<
  StepEnded,
  'title' | 'actor' | 'status' | 'ms' | 'firstMs' | 'target' | 'within' | 'trouble' | 'reason' | 'tries'
>;

/** One sentence on a step for people: the same words in console, JUnit, HTML and alert. */
export function stepSentence({
  title,
  actor,
  status,
  ms,
  firstMs = ms,
  target,
  within,
  trouble,
  reason,
  tries,
}: Told): string {
  const who = actor === 'customer' ? '' : `${actor}: `;
  const again = tries > 1 ? ` (${tries} tries)` : '';
  if (status === 'passed') return `${who}${title} took ${showMs(ms)}${again}`;
  if (status === 'skipped') return `${who}${title} was skipped: ${reason ?? 'no reason given'}`;
  if (status === 'degraded') {
    const late =
      target !== undefined && firstMs > target
        ? [
            `took ${showMs(firstMs)}, target ${showMs(target)}${within === undefined ? '' : `, limit ${showMs(within)}`}`,
          ]
        : [];
    return `${who}${title} ${[...late, ...(reason ? [reason] : [])].join('; ')}${again}`;
  }
  const came = trouble?.came ? `; came: ${trouble.came}` : '';
  const said = `${trouble?.message ?? 'no reason given'}${came}`;
  return status === 'broken'
    ? `${who}${title} could not be told: ${said}${again}`
    : `${who}${title} failed after ${showMs(ms)}: ${said}${again}`;
}
