import { SpecError } from '../core/errors.ts';

/** A moment as ISO 8601 (no zone means UTC) or epoch ms. Throws SpecError. */
export function readWhen(text: string): number {
  if (/^\d{11,14}$/.test(text)) return Number(text);
  const iso = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  const at = iso ? Date.parse(`${text.replace(' ', 'T')}${iso[1] || text.length === 10 ? '' : 'Z'}`) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new SpecError(`${text} is no time`, 'write 2026-11-24T14:00, 2026-11-24T14:00Z or epoch milliseconds');
}
