import { parse } from 'csv-parse/sync';
import { SpecError } from '../../core/errors.ts';
import type { Imported } from './sample.ts';

const needed = ['journey', 'step', 'environment', 'location', 'trigger', 'run', 'walk', 'status'] as const;

/** Whether a file begins as `throughline export` writes it. */
export const isExport = (head: string) => {
  const columns = head.split(/\r?\n/, 1)[0]?.split(',') ?? [];
  return ['timestamp', 'value', ...needed].every((name) => columns.includes(name));
};

/** Rows of an export: runs and walks keep their names, so that nothing comes twice. Throws SpecError. */
export function readExport(text: string, file: string): readonly Imported[] {
  let rows: { record: Record<string, string>; info: { lines: number } }[];
  try {
    rows = parse(text, { bom: true, columns: true, info: true, skip_empty_lines: true });
  } catch (error) {
    const line = (error as { lines?: number }).lines ?? 1;
    const message = error instanceof Error ? error.message.toLowerCase() : 'no CSV';
    throw new SpecError([{ message, place: { file, line, column: 1 } }]);
  }
  return rows.map(({ record, info }): Imported => {
    const { journey = '', step = '', batch = '', value = '', variant = '', status = '', run = '', walk = '' } = record;
    const at = Number(record.timestamp);
    const ms = value === '' ? undefined : Number(value);
    const bad =
      !Number.isSafeInteger(at) || record.timestamp === ''
        ? `“${record.timestamp}” is no time in epoch milliseconds`
        : ms !== undefined && !(Number.isFinite(ms) && ms >= 0)
          ? `“${value}” is no duration`
          : [journey, step, run, walk].includes('')
            ? 'a row without journey, step, run or walk'
            : undefined;
    if (bad) throw new SpecError([{ message: bad, place: { file, line: info.lines, column: 1 } }]);
    return {
      journey,
      step,
      at,
      failed: ms === undefined,
      batch,
      ...(ms === undefined ? {} : { ms }),
      of: {
        run,
        walk,
        status: status as NonNullable<Imported['of']>['status'],
        environment: record.environment ?? '',
        location: record.location ?? '',
        trigger: record.trigger as NonNullable<Imported['of']>['trigger'],
        variant: variant === '' ? {} : variantOf(variant),
        commit: record.commit ?? '',
      },
    };
  });
}

function variantOf(text: string): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(JSON.parse(text) as [string, string][]);
  } catch {
    return { variant: text };
  }
}
