import { SpecError } from '../../core/errors.ts';
import type { Kind, Scale } from '../../judge/judgement.ts';
import { readMoment, readNumber } from './moment.ts';

/** What was asked of `analyze`. */
export interface Request {
  readonly kind: Kind;
  /** Epoch ms. */
  readonly at?: number;
  /** Relative: .05 is 5 %. */
  readonly floor: number;
  readonly scale: Scale | 'auto';
  readonly alpha: number;
  readonly zone: string;
  readonly both: boolean;
}

const kinds: readonly Kind[] = ['gate', 'marker', 'history', 'incident'];

/** Reads the options as they were written. Throws SpecError. */
export function readRequest(text: (name: string) => string | undefined, both: boolean): Request {
  const kind = kinds.find((one) => one === text('kind'));
  if (kind === undefined) {
    const given = text('kind');
    throw new SpecError(
      given === undefined ? '--kind is missing' : `--kind ${given} is not known`,
      `--kind ${kinds.join('|')}`,
    );
  }
  const at = readAt(text('at'));
  if (kind === 'marker' && at === undefined)
    throw new SpecError('--kind marker needs the time of the change', '--at 2026-03-01T14:05:00Z');
  const scale = text('scale') ?? 'auto';
  if (scale !== 'auto' && scale !== 'log' && scale !== 'linear')
    throw new SpecError(`--scale ${scale} is not known`, '--scale auto, log or linear');
  const floor = readShare(text('floor') ?? (kind === 'incident' ? '20%' : '5%'), 'floor');
  const alpha = readShare(text('alpha') ?? '1%', 'alpha');
  if (alpha <= 0 || alpha >= 0.5)
    throw new SpecError(`--alpha takes a rate above 0 and below 50 %, got ${text('alpha')}`);
  return { kind, floor, scale, alpha, zone: readZone(text('timezone')), both, ...(at === undefined ? {} : { at }) };
}

function readAt(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const moment = readMoment(text.trim());
  if (typeof moment === 'string')
    throw new SpecError(`--at ${moment}`, 'ISO 8601 (2026-03-01T14:05:00Z) or epoch milliseconds');
  return moment.ms;
}

function readShare(text: string, option: string): number {
  const percent = /^(.*\S)\s*%$/.exec(text.trim());
  const value = readNumber(percent?.[1] ?? text.trim());
  if (value === undefined || value < 0) throw new SpecError(`--${option} takes a share such as 5%, got ${text}`);
  if (percent) return value / 100;
  if (value >= 1) throw new SpecError(`--${option} ${text} has no unit`, `write ${text}% for per cent`);
  return value;
}

function readZone(text: string | undefined): string {
  const zone = text ?? 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new SpecError(`--timezone ${zone} is not known`, 'an IANA name such as Europe/Berlin');
  }
}
