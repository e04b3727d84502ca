import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { TextDecoderStream } from 'node:stream/web';
import { parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';
import { SpecError } from './errors.ts';
import type { JsonObject } from './json.ts';

const headerBytes = 65_536;

/** Columns of a CSV: its first line, comma or semicolon. Throws SpecError. */
export async function readHeader(file: string): Promise<readonly string[]> {
  const { line } = firstLine(file);
  const columns =
    (parseNow(line, { delimiter: delimiterOf(line), bom: true, trim: true, relax_quotes: true }) as string[][])[0] ??
    [];
  const name = basename(file);
  if (columns.length === 0) throw new SpecError(`${name} is empty`, 'its first line names the columns');
  const nameless = columns.findIndex((column) => !/^[A-Za-z_][\w-]*$/.test(column));
  if (nameless >= 0)
    throw new SpecError(
      `${name}:1: column ${nameless + 1} is called “${columns[nameless]}”`,
      'letters, digits, _ and -; the first line names the columns',
    );
  const twice = columns.find((column, n) => columns.indexOf(column) !== n);
  if (twice) throw new SpecError(`${name}:1: the column ${twice} is there twice`);
  return columns;
}

/** The rows of a CSV, numbered from 1, as a stream. Throws SpecError with the line at fault. */
export async function* rows(
  file: string,
  { columns }: { readonly columns: readonly string[] },
): AsyncGenerator<{ readonly number: number; readonly values: JsonObject }> {
  const name = basename(file);
  const { line } = firstLine(file);
  const parser = parse({
    delimiter: delimiterOf(line),
    bom: true,
    trim: true,
    columns: [...columns],
    from_line: 2,
    skip_empty_lines: true,
  });
  const bytes = createReadStream(file);
  let broken: Error | undefined;
  const fail = (error: unknown) => {
    broken ??= error instanceof Error ? error : new Error(String(error));
    parser.destroy(broken);
  };
  const text = async () => {
    for await (const chunk of (ReadableStream.from(bytes) as ReadableStream<Uint8Array>).pipeThrough(
      new TextDecoderStream('utf-8', { fatal: true }) as never,
    )) {
      if (!parser.write(chunk)) await new Promise((resolve) => parser.once('drain', resolve));
    }
    parser.end();
  };
  text().catch(fail);
  let number = 0;
  try {
    for await (const values of parser as AsyncIterable<JsonObject>) {
      number += 1;
      yield { number, values };
    }
  } catch (error) {
    const said = (broken ?? error) as Error & { lines?: number };
    const where = said.lines ?? number + 2;
    const message = said.name === 'TypeError' ? 'bytes that are not UTF-8' : said.message;
    throw new SpecError(
      `${name}:${where}: ${message}`,
      said.name === 'TypeError'
        ? 'save the file as UTF-8'
        : `each row has ${columns.length} columns: ${columns.join(', ')}`,
    );
  } finally {
    bytes.destroy();
  }
  if (number === 0) throw new SpecError(`${name} has no rows below its header`);
}

function firstLine(file: string): { readonly line: string } {
  const buffer = Buffer.alloc(headerBytes);
  let length: number;
  try {
    const handle = openSync(file, 'r');
    length = readSync(handle, buffer, 0, headerBytes, 0);
    closeSync(handle);
  } catch (error) {
    throw new SpecError(`${basename(file)} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const text = buffer.toString('utf8', 0, length).replace(/^\uFEFF/, '');
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  if (line.includes('\uFFFD') || line.includes('\0'))
    throw new SpecError(`${basename(file)}:1: bytes that are not UTF-8`, 'save the file as UTF-8');
  return { line };
}

const delimiterOf = (line: string) => (!line.includes(',') && line.includes(';') ? ';' : ',');
