import { relative } from 'node:path';
import type { Driver } from '../driver.ts';
import type { JsonObject } from '../json.ts';

/** What reading needs to know of the place. */
export interface Reading {
  /** Folder of the journeys, absolute. */
  readonly root: string;
  readonly drivers: ReadonlyMap<string, Driver>;
  /** What `${config.*}` sees. */
  readonly config: JsonObject;
  /** Names that `${env.*}` may see, and those of them that are set. */
  readonly env: readonly string[];
  readonly set?: readonly string[];
  readonly layers: readonly string[];
  owner(layer: string): string | undefined;
  /** Asked about every target that a file names literally; throws when it is not allowed. */
  literal?(target: string): void;
  /** Limit of a step that names none, ms. */
  readonly within: number;
}

/** A path as people see it: from where they stand, or whole when it lies elsewhere. */
export function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}
