import { memo } from './memo.ts';

/** Whether a name is an IANA time zone that this machine knows. */
export function isZone(name: string): boolean {
  if (name === 'UTC') return true;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** Making one takes some hundred times as long as using it. */
const daysOf = memo(
  (timeZone: string) =>
    new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }),
);

/** YYYY-MM-DD in a time zone; `at` is epoch ms. The first zone but UTC loads what a machine knows of languages, some 20 ms. */
export const dayIn = (zone: string, at: number): string =>
  zone === 'UTC' ? new Date(at).toISOString().slice(0, 10) : daysOf(zone).format(at);
