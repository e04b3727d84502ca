import type { History } from '../core/history.ts';
import { ReportFile } from '../core/report-file.ts';
import type { Reporter, ReporterPart } from '../core/reporter.ts';
import { Tale } from '../core/tale.ts';
import { page } from './html/page.ts';
import { noPast, type Past, pastOf } from './html/past.ts';

/** A report without its history is better than none, and says so. */
const unread = (error: unknown): Past => ({
  ...noPast,
  trouble: `the history could not be read: ${error instanceof Error ? error.message : String(error)}`,
});

interface Opened {
  readonly path: string;
  readonly root: string;
  readonly history: History | undefined;
}

function openReport({ path, root, history }: Opened): Reporter {
  const tale = new Tale();
  const file = new ReportFile(path, 'html');
  return {
    on: (event) => tale.on(event),
    [Symbol.asyncDispose]: async () => {
      if (!tale.run) return file.drop();
      const past = await pastOf(tale, history).catch(unread);
      file.finish(page(tale, { root, report: path, past }));
    },
  };
}

const html: ReporterPart = {
  about: 'one page to show to people: verdict, throughline, waterfall, what was said, evidence',
  defaultPath: '.throughline/report.html',
  open: ({ path = 'report.html', root, history }) => openReport({ path, root, history }),
};

export default html;
