import { Failure } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Part } from '../../telephony/hearing/lattice.ts';
import type { HeardPiece, HeardSequence } from '../../telephony/hearing/sequence-listener.ts';
import type { Prompt } from './prompts.ts';
import { isPiece, meaningOf, readValue, type SlotKind, series, slotKinds, stretches } from './slots.ts';

/** A text as a series of enrolled pieces. */
export interface Layout {
  readonly parts: readonly Part[];
  /** What a slot may be checked against, by the place of its part. */
  readonly slots: ReadonlyMap<number, { readonly slot: SlotKind; readonly expected?: string }>;
}

/** How a text can be put together from what is enrolled; else what is missing, and what to do. */
export function layoutOf(
  text: string,
  prompts: readonly Prompt[],
): Layout | { readonly missing: string; readonly hint: string } {
  const parts: Part[] = [];
  const slots = new Map<number, { slot: SlotKind; expected?: string }>();
  for (const stretch of stretches(text)) {
    switch (stretch.kind) {
      case 'unknown':
        return { missing: `there is no slot ${stretch.text}`, hint: `slots are ${slotKinds.join(', ')}, and <any>` };
      case 'any':
        parts.push({ kind: 'any' });
        continue;
      case 'slot': {
        const names = prompts.filter((prompt) => isPiece(prompt, stretch.slot)).map(({ name }) => name);
        if (names.length === 0)
          return {
            missing: `no prompt is a piece of {${stretch.slot}}`,
            hint: 'enrol them: throughline enroll --pieces FOLDER, a WAV for each word',
          };
        const { slot, expected } = stretch;
        slots.set(parts.length, { slot, ...(expected === undefined ? {} : { expected }) });
        parts.push({ kind: 'slot', names });
        continue;
      }
      case 'words': {
        const fixed = series(stretch.text, prompts);
        if (!fixed)
          return {
            missing: `no prompts are enrolled that make “${stretch.text}”`,
            hint: 'make a prompt of this part with `throughline enroll`',
          };
        parts.push(...fixed.map((names) => ({ kind: 'fixed' as const, names })));
      }
    }
  }
  if (!parts.some(({ kind }) => kind !== 'any'))
    return { missing: 'there is nothing to recognise', hint: 'name some words, or use `voice.hear-speech`' };
  return { parts, slots };
}

/** The longest it may take, ms. */
export function longest({ parts }: Layout, ms: (name: string) => number): number {
  return parts.reduce((sum, part) => sum + (part.kind === 'fixed' ? Math.max(...part.names.map(ms)) + 500 : 5000), 0);
}

/** What `save` keeps of a sequence. */
export function savedOf(heard: HeardSequence, layout: Layout, prompts: readonly Prompt[]): JsonObject {
  const values: Record<string, string> = {};
  for (const [part, { slot }] of layout.slots) values[slot] ??= slotValue(part, slot, { heard, prompts });
  const pieces = heard.pieces.map(({ name, text = '', part, score, onset, end }) => {
    const slot = layout.slots.get(part)?.slot;
    return { prompt: name, text, ...(slot ? { slot } : {}), score: Math.round(score * 1000) / 1000, onset, end };
  });
  const { score, onset, end } = heard;
  return { prompt: heard.pieces[0]?.name ?? '', text: wordsOf(heard.pieces), values, pieces, score, onset, end };
}

export const wordsOf = (pieces: readonly HeardPiece[]): string =>
  pieces.map(({ text, name }) => text ?? name).join(' ');

function slotValue(
  part: number,
  slot: SlotKind,
  { heard, prompts }: { readonly heard: HeardSequence; readonly prompts: readonly Prompt[] },
): string {
  const pieces = heard.pieces.filter((piece) => piece.part === part);
  return meaningOf(
    slot,
    pieces.map(({ name, text = '' }) => {
      const value = prompts.find((prompt) => prompt.name === name)?.value;
      return { text, ...(value === undefined ? {} : { value }) };
    }),
  );
}

/** Throws a Failure when a slot says something else than it should. */
export function verified(heard: HeardSequence, layout: Layout, prompts: readonly Prompt[]): void {
  for (const [part, { slot, expected }] of layout.slots) {
    if (expected === undefined) continue;
    const came = slotValue(part, slot, { heard, prompts });
    const due = readValue(slot, expected);
    if (came !== due)
      throw new Failure(`another ${slot} was said`, {
        expected: `{${slot}=${due}}`,
        came: `${came}: “${wordsOf(heard.pieces)}”`,
      });
  }
}
