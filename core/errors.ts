import type { Json } from './json.ts';

/** Where in a file something stands; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly message: string;
  readonly place?: Place;
  /** The text at fault, one line. */
  readonly text?: string;
  readonly hint?: string;
}

export interface Seen {
  readonly expected?: string;
  /** What was seen or heard instead. */
  readonly came?: string;
  readonly hint?: string;
  readonly details?: Json;
}

/** They: the contact centre misbehaved. The only error that makes a step `failed`. */
export class Failure extends Error {
  readonly seen: Seen;
  constructor(message: string, seen: Seen = {}) {
    super(message);
    this.name = 'Failure';
    this.seen = seen;
  }
}

/** You: a journey file, the configuration, the command line or a forbidden target is wrong. Exit 2. */
export class SpecError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[] | string, hint?: string) {
    const list =
      typeof problems === 'string'
        ? [hint === undefined ? { message: problems } : { message: problems, hint }]
        : problems;
    super(list.map(problemLine).join('\n'));
    this.name = 'SpecError';
    this.problems = list;
  }
}

export function problemLine({ message, place, text, hint }: Problem): string {
  const where = place ? `${place.file}:${place.line}:${place.column} ` : '';
  return `${where}${message}${text ? `\n    ${text}` : ''}${hint ? `\n    hint: ${hint}` : ''}`;
}
