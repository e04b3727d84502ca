import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Use } from '../../core/driver.ts';
import { type Problem, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import { readWav } from '../../telephony/evidence/wav.ts';
import { layoutOf } from './layout.ts';
import { type Prompt, readPrompts, sameWords } from './prompts.ts';
import type { Settings } from './settings.ts';
import { hasSlots } from './slots.ts';
import { transcriberOf } from './transcriber.ts';
import type { HearArgs } from './wait.ts';
import { watchable } from './watch.ts';

/** Texts to be heard that nobody says and no prompt holds, sounds that are not there or cannot be read, transcribers that are not configured. */
export async function unheard(uses: readonly Use[], settings: Settings, root: string): Promise<Problem[]> {
  const problems = sounds(uses, root);
  const hearing = uses.filter(({ verb, args }) => verb === 'hear' || (verb === 'hear-music' && isNamed(args)));
  if (hearing.length === 0) return problems;
  let prompts: readonly Prompt[];
  try {
    prompts = await readPrompts(settings.prompts, root);
  } catch (error) {
    if (error instanceof SpecError) return [...problems, ...error.problems];
    throw error;
  }
  const known = { uses, prompts, enrolled: new Set(prompts.map(({ text }) => sameWords(text))) };
  for (const use of hearing) {
    if (use.watching) problems.push(...unwatchable(use.args, use.place));
    if (use.verb === 'hear-music') problems.push(...unknownSample(use, prompts));
    else problems.push(...(use.args.by === 'speech' ? await written(use, settings) : unknownText(use, known)));
  }
  return problems;
}

const isNamed = ({ sample }: Use['args']): boolean =>
  typeof sample === 'string' && sample !== 'any' && !sample.includes('${');

function unknownSample({ args: { sample }, place }: Use, prompts: readonly Prompt[]): readonly Problem[] {
  const names = prompts.map(({ name }) => name);
  if (typeof sample !== 'string' || names.includes(sample)) return [];
  const close = nearest(sample, names);
  const hint = close
    ? `did you mean \`${close}\`?`
    : 'make one of a recording with `throughline enroll`, or write `voice.hear-music: any`';
  return [{ message: `no sample \`${sample}\` is enrolled`, place, hint }];
}

function unwatchable(args: JsonObject, place: Use['place']): readonly Problem[] {
  try {
    watchable(args as Partial<HearArgs>);
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.problems.map((problem) => ({ ...problem, place }));
  }
}

/** WAV files that are played or listened for. */
function sounds(uses: readonly Use[], root: string): Problem[] {
  return uses.flatMap(({ args: { file }, place }): Problem[] => {
    if (typeof file !== 'string' || file.includes('${')) return [];
    const path = resolve(root, file);
    if (!existsSync(path))
      return [
        { message: `there is no sound ${file}`, place, hint: 'its path is relative to the folder of the project' },
      ];
    try {
      readWav(readFileSync(path));
      return [];
    } catch (error) {
      const message = `${file} cannot be played: ${error instanceof Error ? error.message : String(error)}`;
      return [{ message, place, hint: `sox ${file} -b 16 -e signed sound.wav makes one that can` }];
    }
  });
}

async function written({ args, place }: Use, settings: Settings): Promise<readonly Problem[]> {
  try {
    const { transcriber, among, text } = args;
    if (typeof text !== 'string') throw new SpecError('`by: speech` needs a `text`');
    const { chooses, name } = await transcriberOf(settings, typeof transcriber === 'string' ? transcriber : undefined);
    if (chooses && !(Array.isArray(among) && among.length > 0))
      throw new SpecError(
        `transcriber \`${name}\` can only choose among sentences`,
        'name what else may be said: `among: [...]`',
      );
    return [];
  } catch (error) {
    if (error instanceof SpecError) return error.problems.map((problem) => ({ ...problem, place }));
    throw error;
  }
}

interface Known {
  readonly uses: readonly Use[];
  readonly prompts: readonly Prompt[];
  readonly enrolled: ReadonlySet<string>;
}

function unknownText(
  { actor, args: { text, marker }, place }: Use,
  { uses, prompts, enrolled }: Known,
): readonly Problem[] {
  if (
    typeof marker === 'string' &&
    !uses.some((use) => use.verb === 'say' && use.actor === marker && use.args.marker === true)
  )
    return [
      {
        message: `${marker} sounds no marker`,
        place,
        hint: `let it: \`voice.say: { marker: true }\`, \`as: ${marker}\``,
      },
    ];
  if (typeof text !== 'string') return [];
  const said = uses.some((use) => use.verb === 'say' && use.actor !== actor && same(use.args.text, text));
  if (said || enrolled.has(sameWords(text))) return [];
  // A value that is filled in later may be in a slot, or be the words themselves.
  const filled = text.replaceAll(/\{(\w+)\s*=\s*\$\{[^}]*\}\s*\}/g, '{$1}');
  if (filled.includes('${')) return [];
  const layout = layoutOf(filled, prompts);
  if ('parts' in layout) return [];
  if (hasSlots(filled))
    return [{ message: `“${text}” cannot be recognised: ${layout.missing}`, place, hint: layout.hint }];
  const close = nearest(
    text,
    prompts.map((prompt) => prompt.text),
  );
  const hint = close
    ? `did you mean “${close}”?`
    : 'make a prompt of a recording with `throughline enroll`, let another actor say it, or use `voice.hear-speech`';
  const message = `“${text}” cannot be recognised: no other actor says it, and no prompt is enrolled with it`;
  return [{ message, place, hint }];
}

const same = (said: unknown, text: string) =>
  typeof said === 'string' && (said === text || sameWords(said) === sameWords(text));
