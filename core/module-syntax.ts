import { readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * While held, files of a project are taken for what they are written as: `npm init` calls a project CommonJS,
 * and a driver in it that is written as a module would not load. Below node_modules nothing changes.
 */
export function moduleSyntax(project: URL): Disposable {
  const ours = (url: string) => url.startsWith(project.href) && !url.includes('/node_modules/');
  const hooks = module.registerHooks({
    load: (url, context, next) => {
      const typescript = /\.ts(\?|$)/.test(url);
      if (!ours(url) || !(typescript || /\.js(\?|$)/.test(url)) || !isModule(url)) return next(url, context);
      return next(url, { ...context, format: typescript ? 'module-typescript' : 'module' });
    },
  });
  return { [Symbol.dispose]: () => hooks.deregister() };
}

function isModule(url: string): boolean {
  const text = readFileSync(fileURLToPath(url), 'utf8');
  return /^\s*(?:import\b(?!\s*\()|export\b)/m.test(text) && !/^\s*(?:module\.)?exports\b/m.test(text);
}
