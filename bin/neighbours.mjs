import { registerHooks } from 'node:module';

/** Packages of very many small files, of one kind each: what a file of theirs imports beside it is of the same kind. */
const known = /\/node_modules\/(?:kysely|zod|yaml)\//;
const root = new URL('..', import.meta.url).href;
const file = /^\.\.?\/.*\.[jt]s$/;

const isOurs = (parent) => parent.startsWith(root) && !parent.slice(root.length - 1).includes('/node_modules/');

/**
 * A file beside another is where its name says, and of its kind. Node looks for the real path, the package and its kind of each
 * of some six hundred files anew, which takes longer than reading them.
 */
export function trustNeighbours() {
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL, conditions } = context;
      if (parentURL === undefined || !file.test(specifier) || !(isOurs(parentURL) || known.test(parentURL)))
        return next(specifier, context);
      const { href: url } = new URL(specifier, parentURL);
      const esm = url.endsWith('.ts') ? 'module-typescript' : 'module';
      return { url, format: conditions.includes('import') ? esm : 'commonjs', shortCircuit: true };
    },
  });
}
