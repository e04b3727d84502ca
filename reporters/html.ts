import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SpecError } from '../core/errors.ts';
import type { Reporter, ReporterPart } from '../core/reporter.ts';
import { Tale } from '../core/tale.ts';
import { page } from './html/page.ts';

/** Writes beside the report and renames, so that a reader never sees half of one. */
function openReport(path: string, root: string): Reporter {
  const tale = new Tale();
  const part = `${path}.part`;
  let file: number;
  try {
    mkdirSync(dirname(path), { recursive: true });
    file = openSync(part, 'w');
  } catch (error) {
    throw new SpecError(
      `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      'name another place: --reporter html=PATH',
    );
  }
  return {
    on: (event) => tale.on(event),
    [Symbol.asyncDispose]: async () => {
      if (!tale.run) {
        closeSync(file);
        rmSync(part, { force: true });
        return;
      }
      for (const piece of page(tale, { root, report: path })) writeSync(file, piece);
      closeSync(file);
      renameSync(part, path);
    },
  };
}

const html: ReporterPart = {
  about: 'one page to show to people: verdict, throughline, waterfall, what was said, evidence',
  defaultPath: '.throughline/report.html',
  open: ({ path = 'report.html', root }) => openReport(path, root),
};

export default html;
