import { outcome } from '../analyze/series.ts';
import { readTable } from '../analyze/table.ts';
import type { Imported } from './sample.ts';

/** Rows of a CSV of samples, as `analyze` reads them; a series `journey step` is a step of that journey. Throws Unreadable. */
export async function readSamples(source: AsyncIterable<Uint8Array>, file: string): Promise<readonly Imported[]> {
  const table = await readTable(source, { file });
  return table.series.flatMap(({ name, times, values, outcomes, batches }) => {
    const cut = name.indexOf(' ');
    const [journey, step] = cut < 0 ? ['imported', name] : [name.slice(0, cut), name.slice(cut + 1)];
    return Array.from(times, (at, n): Imported => {
      const value = values[n] ?? Number.NaN;
      const failed = outcomes[n] === outcome.failed;
      const batch = (batches[n] ?? -1) < 0 ? String(at) : (table.batchNames[batches[n] ?? 0] ?? String(at));
      return { journey, step, at, failed, batch, ...(Number.isNaN(value) ? {} : { ms: value }) };
    }).filter(({ ms, failed }) => failed || (ms !== undefined && ms >= 0));
  });
}
