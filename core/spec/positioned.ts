import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
  type YAMLError,
} from 'yaml';
import type { Place, Problem } from '../errors.ts';
import type { Json } from '../json.ts';
import { plainText } from '../plain-text.ts';

/** YAML as read: plain values, each with its place. */
export type Positioned =
  | { readonly kind: 'map'; readonly entries: readonly Entry[]; readonly place: Place }
  | { readonly kind: 'list'; readonly items: readonly Positioned[]; readonly place: Place }
  | {
      readonly kind: 'scalar';
      readonly value: string | number | boolean | null;
      readonly source: string;
      readonly place: Place;
    };

export interface Entry {
  readonly key: string;
  readonly at: Place;
  readonly value: Positioned;
}

const largest = 1_000_000;
const deepest = 40;
const tooDeep = `nested deeper than ${deepest} levels`;

/** Collects every problem of a file, with the line at fault. */
export class Problems {
  readonly found: Problem[] = [];
  #lines: readonly string[] = [];

  read(text: string): void {
    this.#lines = text.split(/\r?\n/);
  }

  /** As they stand in the file. */
  inOrder(): readonly Problem[] {
    return this.found.toSorted(
      ({ place: a }, { place: b }) => (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0),
    );
  }

  add(place: Place, message: string, hint?: string): void {
    const text = plainText(this.#lines[place.line - 1]?.trim().slice(0, 160) ?? '');
    this.found.push({ message, place, ...(text ? { text } : {}), ...(hint ? { hint } : {}) });
  }
}

/** Parses one YAML document; undefined when it cannot be used at all. Anchors, aliases and duplicate keys are problems. */
export function readPositioned(bytes: Buffer, file: string, problems: Problems): Positioned | undefined {
  const start: Place = { file, line: 1, column: 1 };
  if (bytes.length > largest) {
    problems.add(
      start,
      `${(bytes.length / 1e6).toFixed(1)} MB: a file may have 1 MB at most`,
      'data belongs into a CSV, see `data`',
    );
    return undefined;
  }
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (text.includes('\0') || text.includes('\uFFFD')) {
    problems.add(start, 'not a text file in UTF-8', 'save the file as UTF-8');
    return undefined;
  }
  problems.read(text);
  if (depthOf(text) > deepest * 2) {
    problems.add(start, tooDeep);
    return undefined;
  }
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const [document, second] = Array.isArray(documents) ? documents : [];
  for (const error of [...(document?.errors ?? []), ...(document?.warnings ?? [])]) {
    const { message, hint } = wordsOf(error, text.slice(error.pos[0]));
    problems.add(at(placeOf(error, document?.contents ?? null)), message, hint);
  }
  if (second) problems.add(at(second.range[0]), 'more than one document', 'one journey a file');
  if (!document || document.contents === null || !isNode(document.contents)) {
    problems.add(start, 'the file is empty', 'a journey has at least a title and steps, a flow steps');
    return undefined;
  }
  if (document.errors.length > 0) return undefined;
  const body = position(document.contents, { at, problems, depth: 0 });
  return problems.found.length > 0 ? undefined : body;
}

/** Where the parser stumbled; a quote that is never closed is looked for where it opens. */
function placeOf({ code, message, pos }: YAMLError, contents: Node | null): number {
  let opens = pos[0];
  if (code === 'MISSING_CHAR' && /quote/.test(message))
    visit(contents, {
      Scalar: (_, { type, range }) => {
        if (type?.startsWith('QUOTE') && range) opens = range[0];
      },
    });
  return opens;
}

/** What the parser found, in the words of a person who writes journeys. */
function wordsOf({ code, message }: YAMLError, text: string): { readonly message: string; readonly hint?: string } {
  const quotes = 'put the whole text in quotes';
  switch (code) {
    case 'DUPLICATE_KEY': {
      const key = /^[\w.-]+/.exec(text)?.[0] ?? '';
      const step = key.includes('.') ? { hint: 'a step has exactly one action; start the next step with `- `' } : {};
      return { message: `the key \`${key}\` is there twice`, ...step };
    }
    case 'TAB_AS_INDENT':
      return { message: 'indented with a tab', hint: 'indent with spaces' };
    case 'BAD_SCALAR_START':
      return { message: `a text cannot start with \`${text.slice(0, 1)}\``, hint: quotes };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return { message: 'a second `: ` in one line', hint: `${quotes}, or start a new line after the first` };
    case 'TAG_RESOLVE_FAILED':
      return { message: 'tags (`!`) are not part of the language', hint: quotes };
    case 'RESOURCE_EXHAUSTION':
      return { message: tooDeep };
    case 'MISSING_CHAR':
      return /quote/.test(message)
        ? { message: 'a quote is opened here and never closed' }
        : { message: plainly(message) };
    default:
      if (/flow (map|seq)/i.test(message)) return { message: 'a `[` or `{` is opened before and not closed' };
      return { message: plainly(message) };
  }
}

const plainly = (message: string) =>
  (message.split('\n')[0] ?? 'not YAML').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());

interface Positioning {
  readonly at: (offset: number) => Place;
  readonly problems: Problems;
  readonly depth: number;
}

function position(node: Node | null, { at, problems, depth }: Positioning): Positioned {
  const place = at(node?.range?.[0] ?? 0);
  const nothing: Positioned = { kind: 'scalar', value: null, source: '', place };
  if (node === null) return nothing;
  if (isAlias(node) || (node as { anchor?: string }).anchor) {
    problems.add(
      place,
      'anchors and aliases are not part of the language',
      'write it out, or put the steps into a flow and `use` it',
    );
    return nothing;
  }
  if (depth > deepest) {
    problems.add(place, tooDeep);
    return nothing;
  }
  const inner = { at, problems, depth: depth + 1 };
  if (isSeq(node))
    return { kind: 'list', items: node.items.map((item) => position(item as Node | null, inner)), place };
  if (isMap(node)) {
    const entries = node.items.map((pair) => {
      const key = pair.key as Node | null;
      const value = position(pair.value as Node | null, inner);
      const keyPlace = at(key?.range?.[0] ?? 0);
      if (!isScalar(key)) problems.add(keyPlace, 'a key is a text');
      return {
        key: isScalar(key) ? String(key.source ?? key.value) : '',
        at: keyPlace,
        value: pair.value === null ? { ...value, place: keyPlace } : value,
      };
    });
    return { kind: 'map', entries, place };
  }
  if (!isScalar(node)) return nothing;
  const { value } = node;
  const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null;
  return { kind: 'scalar', value: plain ? value : String(value), source: node.source ?? String(value), place };
}

/** Nesting by indentation and brackets, before a parser that recurses is let near it. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (const char of text) {
    if (char === '[' || char === '{') depth += 1;
    else if ((char === ']' || char === '}') && depth > 0) depth -= 1;
    if (depth > most) most = depth;
  }
  const indents = [...text.matchAll(/^( *)((?:- )*)/gm)].map(
    ([, spaces = '', dashes = '']) => spaces.length / 2 + dashes.length / 2,
  );
  return Math.max(most, ...indents.slice(0, 50_000));
}

export function json(node: Positioned): Json {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(json);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, json(value)]));
}

/** The place of a path below a node, or of the last part of it that is there. */
export function placeAt(node: Positioned, path: readonly PropertyKey[]): Place {
  const found = nodeAt(node, path);
  if (found) return found.at;
  return path.length === 0 ? node.place : placeAt(node, path.slice(0, -1));
}

export function nodeAt(
  node: Positioned,
  path: readonly PropertyKey[],
): { readonly node: Positioned; readonly at: Place } | undefined {
  let now: Positioned = node;
  let at = node.place;
  for (const part of path) {
    if (now.kind === 'map') {
      const entry: Entry | undefined = now.entries.find(({ key }) => key === String(part));
      if (!entry) return undefined;
      [now, at] = [entry.value, entry.value.place];
    } else if (now.kind === 'list') {
      const item: Positioned | undefined = now.items[Number(part)];
      if (!item) return undefined;
      [now, at] = [item, item.place];
    } else return undefined;
  }
  return { node: now, at };
}

export function entry(node: Positioned, key: string): Entry | undefined {
  return node.kind === 'map' ? node.entries.find((one) => one.key === key) : undefined;
}
