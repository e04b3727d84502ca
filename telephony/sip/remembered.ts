import { memo } from '../../core/memo.ts';

/** Longer texts are read anew each time. */
const longest = 200;

/** Reads a text once: the same addresses and names of headers come with every message of a call. The newest 500 are kept. */
export function remembered<Read>(read: (text: string) => Read): (text: string) => Read {
  const known = memo(read, 500);
  return (text) => (text.length > longest ? read(text) : known(text));
}
