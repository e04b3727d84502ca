import { z } from 'zod';
import { SpecError } from './errors.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const form = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** `500ms`, `8s`, `2m`, `1h` in ms. Throws SpecError. */
export function readDuration(text: string): number {
  const [, amount, unit] = form.exec(text) ?? [];
  if (amount === undefined || unit === undefined)
    throw new SpecError(`\`${text}\` is no duration`, 'write 500ms, 8s, 2m or 1h');
  return Number(amount) * (units[unit] as number);
}

/** A duration in YAML; ms when read. */
export const duration = z
  .string()
  .regex(form, 'expected a duration as 500ms, 8s, 2m or 1h')
  .transform((text) => readDuration(text))
  .describe('duration: 500ms, 8s, 2m or 1h');

/** For people: three significant digits and a unit. */
export function showMs(ms: number): string {
  if (ms < 999.5) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 99_950) return `${three(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const three = (value: number) => value.toFixed(value < 9.995 ? 2 : 1);
