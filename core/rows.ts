import { closeSync, createReadStream, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { TextDecoderStream } from 'node:stream/web';
import { CsvError, parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';
import { SpecError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { nearest } from './nearest.ts';

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
  if (twice) throw new SpecError(`${name}:1: the column ${twice} is there twice`, 'each column has a name of its own');
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
    max_record_size: headerBytes,
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
    throw wrongRow(file, broken ?? error, columns);
  } finally {
    bytes.destroy();
  }
  if (number === 0) throw new SpecError(`${name} has no rows below its header`);
}

function wrongRow(file: string, error: unknown, columns: readonly string[]): SpecError {
  const name = basename(file);
  if (error instanceof TypeError)
    return new SpecError(`${name}:${lineOfBadBytes(file)}: bytes that are not UTF-8`, 'save the file as UTF-8');
  if (!(error instanceof CsvError)) return unread(file, error);
  const { lines, record, records } = error as { lines?: number; record?: readonly string[]; records?: number };
  switch (error.code) {
    case 'CSV_RECORD_INCONSISTENT_COLUMNS':
      return new SpecError(
        `${name}:${lines}: ${record?.length} ${record?.length === 1 ? 'value' : 'values'} for ${columns.length} columns`,
        `they are ${columns.join(', ')}`,
      );
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return new SpecError(`${name}: row ${(records ?? 0) + 1} has a quote that is never closed`, quoting);
    default:
      return new SpecError(`${name}:${lines}: a quote in the middle of a value`, quoting);
  }
}

const quoting = 'put the whole value in quotes, and write a quote inside it twice';

function lineOfBadBytes(file: string): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const bytes = readFileSync(file);
  let line = 1;
  for (let from = 0; from < bytes.length; line += 1) {
    const end = bytes.indexOf(10, from);
    const to = end < 0 ? bytes.length : end;
    try {
      decoder.decode(bytes.subarray(from, to));
    } catch {
      return line;
    }
    from = to + 1;
  }
  return line;
}

function firstLine(file: string): { readonly line: string } {
  const buffer = Buffer.alloc(headerBytes);
  let length: number;
  try {
    const handle = openSync(file, 'r');
    length = readSync(handle, buffer, 0, headerBytes, 0);
    closeSync(handle);
  } catch (error) {
    throw unread(file, error);
  }
  const text = buffer.toString('utf8', 0, length).replace(/^\uFEFF/, '');
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  if (line.includes('\uFFFD') || line.includes('\0'))
    throw new SpecError(`${basename(file)}:1: bytes that are not UTF-8`, 'save the file as UTF-8');
  return { line };
}

function unread(file: string, error: unknown): SpecError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EISDIR') return new SpecError(`${basename(file)} is a folder`, 'name a CSV in it');
  if (code !== 'ENOENT')
    return new SpecError(`${basename(file)} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  let there: string[] = [];
  try {
    there = readdirSync(dirname(file)).filter((name) => name.endsWith('.csv'));
  } catch {}
  const close = nearest(basename(file), there);
  return new SpecError(`there is no file ${file}`, close ? `did you mean \`${close}\`?` : undefined);
}

const delimiterOf = (line: string) => (!line.includes(',') && line.includes(';') ? ';' : ',');
