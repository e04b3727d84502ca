/** How a column writes its times. */
export type TimeForm = 'iso' | 'epoch';

export interface Moment {
  readonly form: TimeForm;
  /** Epoch ms. */
  readonly ms: number;
}

const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|z|[+-]\d\d(?::?\d\d)?))?)?$/;
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads a decimal number, exponent allowed; undefined for anything else (hex, words, infinities). */
export function readNumber(text: string): number | undefined {
  if (!number.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Reads ISO 8601 (no zone: UTC) or epoch ms; a string says what is wrong. */
export function readMoment(text: string): Moment | string {
  const parts = iso.exec(text);
  if (parts) return readIso(parts, text);
  const ms = readNumber(text);
  if (ms === undefined) return `“${text}” is not a time`;
  if (Math.abs(ms) > 1e14) return `${text} is beyond the year 5138: micro- or nanoseconds instead of milliseconds`;
  if (Math.abs(ms) < 1e11) return `${text} looks like epoch seconds`;
  return { form: 'epoch', ms };
}

function readIso(parts: RegExpExecArray, text: string): Moment | string {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = parts;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const back = new Date(date);
  const real = back.getUTCMonth() === Number(month) - 1 && back.getUTCDate() === Number(day);
  const clock = Number(hour) <= 24 && Number(minute) < 60 && Number(second) <= 60;
  if (!real || !clock || Number(year) === 0) return `${text} is not a day or hour of the calendar`;
  const within = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
  return { form: 'iso', ms: date + within + Number(`0.${fraction || 0}`) * 1000 - offsetOf(zone) };
}

function offsetOf(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0)) * 60_000;
}
