import { compile, TreeInterpreter } from '@jmespath-community/jmespath';
import type { Json } from './json.ts';
import { memo } from './memo.ts';

/** The same expression is asked of every frame and every answer; reading it takes longer than asking it. */
const compiled = memo((expression: string) => compile(expression));

/** What a JMESPath expression gives; null where there is nothing. Throws what the library throws for a wrong one. */
export function search(value: Json, expression: string): Json {
  return (TreeInterpreter.search(compiled(expression), value as never) ?? null) as Json;
}
