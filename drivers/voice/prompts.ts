import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { SpecError } from '../../core/errors.ts';

/** What `<name>.yaml` beside `<name>.wav` says of an enrolled prompt. */
const promptSheet = z.looseObject({
  text: z.string().min(1).describe('what is said, word for word'),
  layer: z.string().optional().describe('who is at fault when it is not heard'),
  taken: z.string().optional().describe('where and when it was recorded'),
  piece: z
    .union([z.string(), z.array(z.string())])
    .transform((kinds) => (typeof kinds === 'string' ? [kinds] : kinds))
    .optional()
    .describe('slots that it may stand in where its words do not say so: digits, number, amount, day, date, time'),
  value: z.coerce.string().optional().describe('what it means there: 5 of “fünf”'),
  approved: z.string().optional().describe('who said that it is right'),
});

/** An enrolled prompt: a recording in the project, with its words. */
export interface Prompt {
  /** Unique: path below its folder without the ending. */
  readonly name: string;
  readonly text: string;
  readonly layer?: string;
  /** Slots that it may stand in, and what it means there. */
  readonly piece?: readonly string[];
  readonly value?: string;
  readonly wav: string;
}

/** One text, however it is written: case, punctuation and kinds of quotes do not count (audio.md 3.4). */
export function sameWords(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[’ʼ]/g, "'")
    .replaceAll(/(?<=\p{L})'(?=\p{L})/gu, '')
    .replaceAll(/(?<=\d),(?=\d{3})/g, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** All prompts below these folders, by name. Throws SpecError that names the file at fault. */
export async function readPrompts(folders: readonly string[], root: string): Promise<readonly Prompt[]> {
  const found = await Promise.all(folders.map((folder) => below(resolve(root, folder), folder)));
  return found.flat();
}

async function below(folder: string, shown: string): Promise<readonly Prompt[]> {
  let names: readonly string[];
  try {
    names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.yaml')).sort();
  } catch {
    throw new SpecError(
      `no folder ${shown} of prompts`,
      'make it with `throughline enroll`, or correct `voice.prompts`',
    );
  }
  return Promise.all(
    names.map(async (file): Promise<Prompt> => {
      const sheet = promptSheet.safeParse(parse(await readFile(join(folder, file), 'utf8')));
      if (!sheet.success) {
        const [issue] = sheet.error.issues;
        throw new SpecError(`prompt ${join(shown, file)}: ${issue?.path.join('.') || 'all'}: ${issue?.message}`);
      }
      const { text, layer, piece, value } = sheet.data;
      const path = join(folder, file).replace(/\.yaml$/, '');
      const name = join(dirname(relative(folder, path)), basename(path));
      const more = { ...(layer && { layer }), ...(piece && { piece }), ...(value !== undefined && { value }) };
      return { name, text, wav: `${path}.wav`, ...more };
    }),
  );
}
