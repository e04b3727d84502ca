import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { type Place, SpecError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** A configuration file as read, with the places of its keys. */
export interface Source {
  readonly environment: string;
  readonly file: string;
  readonly raw: JsonObject;
  /** The key at a path, else the nearest one above it. */
  place(path: readonly string[]): Place;
}

export function readYaml(
  text: string,
  { file, environment }: { readonly file: string; readonly environment: string },
): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.length > 0)
    throw new SpecError(
      document.errors.map((error) => ({
        message: error.message.split('\n')[0] ?? 'not YAML',
        place: at(error.pos[0]),
      })),
    );
  if (document.contents !== null && !isMap(document.contents))
    throw new SpecError([{ message: 'a configuration is a mapping', place: at(0) }]);
  const place = (path: readonly string[]): Place => {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const parent = document.getIn(path.slice(0, depth - 1), true) ?? document.contents;
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === path[depth - 1])
        : undefined;
      if (isScalar(pair?.key) && pair.key.range) return at(pair.key.range[0]);
    }
    return at(0);
  };
  return { environment, file, raw: (document.toJS({ maxAliasCount: 0 }) ?? {}) as JsonObject, place };
}
