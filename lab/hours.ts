/** Moments that a lab can be told to live in, by UTC; `now` is the real one. */
const moments = {
  now: undefined,
  weekday: Date.UTC(2026, 0, 5, 12),
  evening: Date.UTC(2026, 0, 5, 21),
  saturday: Date.UTC(2026, 0, 10, 10),
  sunday: Date.UTC(2026, 0, 11, 12),
} as const;

export const momentNames = [
  'now',
  'weekday',
  'evening',
  'saturday',
  'sunday',
] as const satisfies readonly (keyof typeof moments)[];

/** Whether the bank's lines are open, as its site says: Monday to Friday from 8 to 20, on Saturday from 9 to 13, UTC. */
export function isOpen(moment: string, now: number): boolean {
  const at = new Date(moments[moment as keyof typeof moments] ?? now);
  const day = at.getUTCDay();
  const hour = at.getUTCHours();
  return day === 6 ? hour >= 9 && hour < 13 : day > 0 && hour >= 8 && hour < 20;
}
