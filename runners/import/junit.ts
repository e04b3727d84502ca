import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { SpecError } from '../../core/errors.ts';
import type { Imported } from './sample.ts';

interface Node {
  readonly [key: string]: unknown;
}

const list = (value: unknown): readonly Node[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as Node[]) : [value as Node];
const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** Test cases of a JUnit report: the class is the journey, the name its step; `otherwise` is when, where the report does not say. Throws SpecError. */
export function readJunit(xml: string, { file, otherwise }: { file: string; otherwise: number }): readonly Imported[] {
  const valid = XMLValidator.validate(xml);
  if (valid !== true) {
    const { line, col, msg } = valid.err;
    throw new SpecError([
      { message: msg, place: { file, line, column: col ?? 1 }, hint: 'a JUnit report in XML is expected' },
    ]);
  }
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    processEntities: true,
  });
  const root = parser.parse(xml) as Node;
  const found: Imported[] = [];
  const suite = (node: Node, inherited: number) => {
    const said = Date.parse(text(node.timestamp));
    const at = Number.isFinite(said) ? said : inherited;
    for (const inner of list(node.testsuite)) suite(inner, at);
    for (const one of list(node.testcase)) {
      const failed = one.failure !== undefined || one.error !== undefined;
      if (one.skipped !== undefined) continue;
      const seconds = Number(text(one.time));
      const journey = text(one.classname) || text(node.name) || 'imported';
      const ms = Number.isFinite(seconds) && text(one.time) !== '' ? seconds * 1000 : undefined;
      found.push({
        journey,
        step: text(one.name),
        at,
        failed,
        batch: String(at),
        ...(failed || ms === undefined ? {} : { ms }),
      });
    }
  };
  const top = (root.testsuites ?? root.testsuite) as Node | undefined;
  if (top === undefined || typeof top !== 'object')
    throw new SpecError([
      { message: 'no testsuite', place: { file, line: 1, column: 1 }, hint: 'a JUnit report in XML is expected' },
    ]);
  if (root.testsuites === undefined) for (const one of list(root.testsuite)) suite(one, otherwise);
  else suite(top, otherwise);
  return found;
}
