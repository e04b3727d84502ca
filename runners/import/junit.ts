import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { SpecError } from '../../core/errors.ts';
import type { Imported } from './sample.ts';

interface Node {
  readonly [key: string]: unknown;
}

const list = (value: unknown): readonly Node[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as Node[]) : [value as Node];
const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** What a test printed is not of the history, and may be most of the file. */
const printed = new Set(['system-out', 'system-err', 'properties']);
/** Surefire's ways to say that a test failed before it passed: its first try counts. */
const troubles = ['failure', 'error', 'flakyFailure', 'flakyError', 'rerunFailure', 'rerunError'];

/** Test cases of a JUnit report (surefire, pytest, Playwright, Jest and their like): the class is the journey, the name its step; `otherwise` is when, where the report does not say. Throws SpecError. */
export function readJunit(xml: string, { file, otherwise }: { file: string; otherwise: number }): readonly Imported[] {
  const root = parsed(xml, file);
  const found: Imported[] = [];
  const open: { readonly node: Node; readonly at: number | undefined }[] = [];
  const top = (root.testsuites ?? root.testsuite) as Node | undefined;
  if (top === undefined || (typeof top !== 'object' && top !== ''))
    throw new SpecError([
      { message: 'no testsuite', place: { file, line: 1, column: 1 }, hint: 'a JUnit report in XML is expected' },
    ]);
  for (const node of root.testsuites === undefined ? list(root.testsuite) : list(root.testsuites))
    open.push({ node, at: undefined });
  for (let one = open.shift(); one; one = open.shift()) {
    const { node } = one;
    const at = momentOf(text(node.timestamp)) ?? one.at;
    open.unshift(...list(node.testsuite).map((inner) => ({ node: inner, at })));
    for (const test of list(node.testcase)) found.push(...sampleOf(test, { at, otherwise, suite: text(node.name) }));
  }
  return found;
}

function sampleOf(
  test: Node,
  { at, otherwise, suite }: { at: number | undefined; otherwise: number; suite: string },
): readonly Imported[] {
  if (test.skipped !== undefined || test.disabled !== undefined) return [];
  const failed = troubles.some((trouble) => test[trouble] !== undefined);
  const ms = secondsOf(text(test.time)) * 1_000;
  if (!failed && !(ms >= 0)) return [];
  const own = momentOf(text(test.timestamp)) ?? at;
  const when = own ?? otherwise;
  const name = text(test.name) || 'test';
  return [
    {
      journey: (text(test.classname) || text(test.file) || suite).trim() || 'imported',
      step: name,
      at: when,
      failed,
      batch: String(when),
      ...(failed ? {} : { ms }),
      ...(own === undefined ? { undated: true } : {}),
    },
  ];
}

/** Seconds; NaN where there are none. Surefire groups thousands by commas, some tools write a decimal comma. */
function secondsOf(said: string): number {
  if (said.trim() === '') return Number.NaN;
  const plain = /^\d{1,3}(,\d{3})+(\.\d+)?$/.test(said)
    ? said.replaceAll(',', '')
    : said.replace(/^(\d+),(\d+)$/, '$1.$2');
  const seconds = Number(plain);
  return Number.isFinite(seconds) ? seconds : Number.NaN;
}

/** ISO 8601; without a zone it is UTC, wherever it is read. */
function momentOf(said: string): number | undefined {
  const iso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(said.trim());
  const at = Date.parse(iso?.[1] && !iso[4] ? `${said.trim().replace(' ', 'T')}Z` : said.trim());
  return Number.isFinite(at) ? at : undefined;
}

function parsed(xml: string, file: string): Node {
  const wrong = (message: string, line = 1, column = 1) =>
    new SpecError([{ message, place: { file, line, column }, hint: 'a JUnit report in XML is expected' }]);
  try {
    const valid = XMLValidator.validate(xml);
    if (valid !== true) throw wrong(valid.err.msg, valid.err.line, valid.err.col ?? 1);
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      parseAttributeValue: false,
      parseTagValue: false,
      processEntities: true,
      updateTag: (tag) => !printed.has(tag) && tag,
    });
    return parser.parse(xml) as Node;
  } catch (error) {
    if (error instanceof SpecError) throw error;
    throw wrong(error instanceof Error ? error.message.toLowerCase() : 'no XML');
  }
}
