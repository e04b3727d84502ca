import { Faults, Unreadable } from './faults.ts';
import { Rows, type Table } from './rows.ts';

/**
 * Reads a CSV of samples as a stream: comma or semicolon (whichever the header has), BOM allowed, columns and rows in any
 * order. Throws Unreadable with line and column of the first five faults; a file with a fault is not judged at all.
 */
export async function readTable(
  source: AsyncIterable<Uint8Array | string>,
  { file, progress }: { readonly file: string; readonly progress?: (rows: number) => void },
): Promise<Table> {
  const faults = new Faults();
  let reader: Rows | undefined;
  let head = new Uint8Array();
  const text = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  try {
    for await (const chunk of source) {
      const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
      const decoded = text.decode(bytes, { stream: true });
      if (decoded.includes('\0')) throw new TypeError('NUL');
      if (reader === undefined) {
        head = Buffer.concat([head, bytes]);
        if (!head.includes(10) && head.length < 1 << 20) continue;
        reader = new Rows(head, { file, faults, progress });
        await reader.write(head);
      } else await reader.write(bytes);
      line = reader.line;
    }
    text.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const problem = {
      message: 'bytes that are not UTF-8 text',
      place: { file, line, column: 1 },
      hint: 'save the file as UTF-8 (the fault is at or after this line)',
    };
    throw new Unreadable([problem], 0);
  }
  if (reader === undefined) {
    reader = new Rows(head, { file, faults, progress });
    await reader.write(head);
  }
  const table = await reader.end();
  if (faults.count > 0) throw new Unreadable(faults.first, faults.count - faults.first.length);
  return table;
}
