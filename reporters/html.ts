import { ReportFile } from '../core/report-file.ts';
import type { Reporter, ReporterPart } from '../core/reporter.ts';
import { Tale } from '../core/tale.ts';
import { page } from './html/page.ts';

function openReport(path: string, root: string): Reporter {
  const tale = new Tale();
  const file = new ReportFile(path, 'html');
  return {
    on: (event) => tale.on(event),
    [Symbol.asyncDispose]: async () => {
      if (tale.run) file.finish(page(tale, { root, report: path }));
      else file.drop();
    },
  };
}

const html: ReporterPart = {
  about: 'one page to show to people: verdict, throughline, waterfall, what was said, evidence',
  defaultPath: '.throughline/report.html',
  open: ({ path = 'report.html', root }) => openReport(path, root),
};

export default html;
