import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Use } from '../../core/driver.ts';
import { type Problem, SpecError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { type Prompt, readPrompts, sameWords } from './prompts.ts';
import type { Settings } from './settings.ts';

/** Texts to be heard that nobody says and no prompt holds, and sounds that are not there. */
export async function unheard(uses: readonly Use[], { prompts: folders }: Settings, root: string): Promise<Problem[]> {
  const hearing = uses.filter(({ verb }) => verb === 'hear');
  if (hearing.length === 0) return [];
  let prompts: readonly Prompt[];
  try {
    prompts = await readPrompts(folders, root);
  } catch (error) {
    if (error instanceof SpecError) return [...error.problems];
    throw error;
  }
  const enrolled = new Set(prompts.map(({ text }) => sameWords(text)));
  return hearing.flatMap(({ actor, args: { text, file, marker }, place }): Problem[] => {
    if (typeof file === 'string' && !file.includes('${') && !existsSync(resolve(root, file)))
      return [
        { message: `there is no sound ${file}`, place, hint: 'its path is relative to the folder of the project' },
      ];
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
    if (said || text.includes('${') || enrolled.has(sameWords(text))) return [];
    const close = nearest(
      text,
      prompts.map((prompt) => prompt.text),
    );
    const hint = close
      ? `did you mean “${close}”?`
      : 'make a prompt of a recording with `throughline enroll`, let another actor say it, or use `voice.hear-speech`';
    return [
      {
        message: `“${text}” cannot be recognised: no other actor says it, and no prompt is enrolled with it`,
        place,
        hint,
      },
    ];
  });
}

const same = (said: unknown, text: string) =>
  typeof said === 'string' && (said === text || sameWords(said) === sameWords(text));
