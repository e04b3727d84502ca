import { compile } from '@jmespath-community/jmespath';

/** Nodes whose right side, or condition, looks into what the left side gave: only the left one names something in scope. */
const relative = new Set([
  'Subexpression',
  'IndexExpression',
  'Pipe',
  'Projection',
  'ValueProjection',
  'FilterProjection',
  'Flatten',
]);

/** The names that a JMESPath looks up in its scope, each with the name asked of it where there is one: `vars.on`. Throws for what is no expression. */
export function rootsOf(expression: string): readonly { readonly root: string; readonly path: string }[] {
  return [...names(compile(expression))];
}

function* names(node: unknown): Generator<{ readonly root: string; readonly path: string }> {
  if (Array.isArray(node)) for (const one of node) yield* names(one);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  const { type, name, left, right, ...more } = node as Readonly<Record<string, unknown>>;
  if (type === 'Literal' || type === 'ExpressionReference' || type === 'LetExpression') return;
  if (type === 'Field') {
    yield { root: String(name), path: String(name) };
    return;
  }
  const field = left as { readonly type?: string; readonly name?: string } | undefined;
  const asked = right as typeof field;
  if (type === 'Subexpression' && field?.type === 'Field' && asked?.type === 'Field') {
    yield { root: String(field.name), path: `${field.name}.${asked.name}` };
    return;
  }
  if (relative.has(String(type))) {
    yield* names(left);
    if (type === 'Flatten') yield* names(more.child);
    return;
  }
  yield* names(left);
  yield* names(right);
  yield* names(Object.values(more));
}
