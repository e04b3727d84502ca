/** What comes out of a step, an attempt, a walk and a run (docs: language reference, "What comes out of a step"). */
export const statuses = ['passed', 'degraded', 'failed', 'broken', 'skipped'] as const;
export type Status = (typeof statuses)[number];

export const glyphs: Readonly<Record<Status, string>> = {
  passed: '✓',
  degraded: '▲',
  failed: '✕',
  broken: '◆',
  skipped: '○',
};

const rank: Readonly<Record<Status, number>> = { skipped: 0, passed: 1, degraded: 2, broken: 3, failed: 4 };

/** The verdict over several: failed hides nothing, broken is never green, skipped counts only when there is nothing else. */
export function worst(all: Iterable<Status>): Status {
  let found: Status = 'skipped';
  for (const status of all) if (rank[status] > rank[found]) found = status;
  return found;
}

/** Public exit codes; when several hold: 130, 2, 1, 4, 3. */
export const exits = { passed: 0, failed: 1, usage: 2, broken: 3, regressed: 4, interrupted: 130 } as const;
