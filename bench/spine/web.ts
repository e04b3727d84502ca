import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemChromium } from '../../drivers/web/browser.ts';
import { type Lab, median, Project, type Report, ran } from './project.ts';

const webSteps = (url: string) => `title: Browse
steps:
  - web.open: ${url}/site
  - web.open: ${url}/site/sign-in
  - web.fill: { label: Customer number, value: "100418" }
  - web.fill: { label: PIN, value: "4821" }
  - web.click: Sign in
  - web.see: Hello, Ada Whitfield
  - web.click: Sign out
  - web.see: Banking that picks up
`;

const plainScript = (url: string, options: object) => `
import { chromium } from '${import.meta.resolve('playwright')}';
const browser = await chromium.launch(${JSON.stringify(options)});
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
await context.tracing.start({ snapshots: true });
const page = await context.newPage();
const from = performance.now();
await page.goto('${url}/site');
await page.goto('${url}/site/sign-in');
await page.getByLabel('Customer number').fill('100418');
await page.getByLabel('PIN').fill('4821');
await page.getByRole('button', { name: 'Sign in' }).click();
await page.getByText('Hello, Ada Whitfield').waitFor();
await page.getByRole('button', { name: 'Sign out' }).or(page.getByRole('link', { name: 'Sign out' })).click();
await page.getByText('Banking that picks up').first().waitFor();
console.log(performance.now() - from);
await context.tracing.stop();
await browser.close();
`;

/** The same steps as a plain Playwright script, the same recording on, each in a process and a browser of its own. */
export async function web(report: Report, lab: Lab): Promise<void> {
  using project = new Project(lab);
  const rounds = 10;
  project.write('journeys/browse.yaml', webSteps(lab.url));
  const executablePath = systemChromium();
  const options = {
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    ...(executablePath ? { executablePath } : {}),
  };
  const script = project.write('plain.mjs', plainScript(lab.url, options));
  const plain = async () => Number((await promisify(execFile)(process.execPath, [script])).stdout);
  const ours = async () => {
    const { events } = await ran(project);
    const opened = events.find(
      (event) => event.type === 'step.noted' && event.note.type === 'metric' && event.note.name === 'session.open',
    );
    const opening = opened?.type === 'step.noted' && opened.note.type === 'metric' ? opened.note.value : 0;
    const first = events.find((event) => event.type === 'step.started');
    const last = events.findLast((event) => event.type === 'step.ended');
    return (last?.at ?? Number.NaN) - (first?.at ?? 0) - opening;
  };
  const pairs: (readonly [number, number])[] = [];
  for (let n = 0; n <= rounds; n += 1) {
    const theirs = n % 2 === 0 ? await plain() : Number.NaN;
    const mine = await ours();
    const pair = [mine, n % 2 === 0 ? theirs : await plain()] as const;
    if (n > 0) pairs.push(pair);
  }
  const value = median(pairs.map(([mine]) => mine));
  const peerValue = median(pairs.map(([, theirs]) => theirs));
  report({
    figure: `web journey of 8 steps, trace on, median of ${rounds}`,
    value,
    unit: 'ms',
    peer: 'plain Playwright',
    peerValue,
    goal: '≤ 1.1 of it',
    holds: value <= 1.1 * peerValue,
  });
}
