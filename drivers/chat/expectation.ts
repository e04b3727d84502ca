import { z } from 'zod';
import type { Utterance } from '../map/transcript.ts';
import { mentions, plainText, similarity } from './text.ts';

const texts = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

function isPattern(source: string, context: z.RefinementCtx): void {
  try {
    new RegExp(source, 'iu');
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : String(error);
    context.addIssue({ code: 'custom', message: `no regular expression: ${why}` });
  }
}

/** What a message must be; all that is given must hold. */
export const expectation = {
  text: z.string().optional().describe('the message holds these words'),
  equals: z.string().optional().describe('the message is these words'),
  matches: z.string().superRefine(isPattern).optional().describe('regular expression; named groups are saved'),
  any: z.array(z.string()).optional().describe('holds one of these'),
  mentions: texts.optional().describe('facts that must be there; numbers are compared as values'),
  'not-mentions': texts.optional().describe('what must not be there'),
  similar: z
    .strictObject({ to: z.string(), min: z.number().min(0).max(1) })
    .optional()
    .describe('share of equal words; only beside another check'),
  choices: z.array(z.string()).optional().describe('quick replies that must be offered'),
  by: z.enum(['bot', 'human']).optional().describe('who says it'),
};

const shape = z.object(expectation);
export type Expectation = z.infer<typeof shape>;

/** Why the message is not what was expected; undefined when it is. */
export function unlike(heard: Utterance, wanted: Expectation): string | undefined {
  const { text, equals, matches, any, similar, choices, by } = wanted;
  const said = plainText(heard.text);
  if (by !== undefined && heard.by !== undefined && !sameSpeaker(heard.by, by)) return `said by ${heard.by}`;
  if (text !== undefined && !said.includes(plainText(text))) return 'other words';
  if (equals !== undefined && said !== plainText(equals)) return 'other words';
  if (matches !== undefined && !patternOf(matches).test(heard.text)) return 'does not match';
  if (any !== undefined && !any.some((one) => said.includes(plainText(one)))) return 'none of the words';
  const missing = wanted.mentions?.find((fact) => !mentions(heard.text, fact));
  if (missing !== undefined) return `does not mention ${missing}`;
  const wrong = wanted['not-mentions']?.find((fact) => mentions(heard.text, fact));
  if (wrong !== undefined) return `mentions ${wrong}`;
  if (similar !== undefined && similarity(heard.text, similar.to) < similar.min)
    return `similarity ${similarity(heard.text, similar.to).toFixed(2)}`;
  const absent = choices?.find((choice) => !heard.choices.some((one) => plainText(one) === plainText(choice)));
  return absent === undefined ? undefined : `does not offer “${absent}”`;
}

/** Named groups of `matches`. */
export function groupsOf(heard: Utterance, { matches }: Expectation): Readonly<Record<string, string>> {
  return matches === undefined ? {} : { ...patternOf(matches).exec(heard.text)?.groups };
}

export function inWords(wanted: Expectation): string {
  const parts = [
    wanted.text && `“${wanted.text}”`,
    wanted.equals && `exactly “${wanted.equals}”`,
    wanted.matches && `/${wanted.matches}/`,
    wanted.any && `one of ${wanted.any.map((one) => `“${one}”`).join(', ')}`,
    wanted.mentions && `mentions ${wanted.mentions.join(', ')}`,
    wanted['not-mentions'] && `without ${wanted['not-mentions'].join(', ')}`,
    wanted.similar && `like “${wanted.similar.to}”`,
    wanted.choices && `offers ${wanted.choices.join(', ')}`,
  ].filter(Boolean);
  const what = parts.join(', ') || 'any message';
  return wanted.by ? `${what} by the ${wanted.by}` : what;
}

/** A likeness alone is no expectation. */
export function notOnlySimilar(wanted: Readonly<Record<string, unknown>>): boolean {
  const others = Object.entries(wanted).filter(
    ([key, value]) => value !== undefined && key !== 'similar' && key !== 'by' && key !== 'next',
  );
  return wanted.similar === undefined || others.length > 0;
}
export const onlySimilar =
  '`similar` stands alone: a negation or a wrong amount would pass; add `text`, `mentions` or `not-mentions`';

const patternOf = (source: string) => new RegExp(source, 'iu');

const human = /human|agent|person/i;
const sameSpeaker = (said: string, wanted: 'bot' | 'human') => human.test(said) === (wanted === 'human');
