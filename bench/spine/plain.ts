import { chromium } from 'playwright';
import { systemChromium } from '../../core/chromium.ts';

// The steps of `web.ts` as a plain Playwright script, in a warm process with a warm browser: one round a message.
const executablePath = systemChromium({ headless: true });
const browser = await chromium.launch({
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  ...(executablePath ? { executablePath } : {}),
});

/** ms of opening the window, then of each step. */
async function round(site: string): Promise<readonly number[]> {
  const times = [performance.now()];
  const lap = () => times.push(performance.now());
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  await context.tracing.start({ snapshots: true });
  const page = await context.newPage();
  lap();
  await page.goto(site);
  lap();
  await page.goto(`${site}/sign-in`);
  lap();
  await page.getByLabel('Customer number').fill('100418');
  lap();
  await page.getByLabel('PIN').fill('4821');
  lap();
  await page.getByRole('button', { name: 'Sign in' }).click();
  lap();
  await page.getByText('Hello, Ada Whitfield').waitFor();
  lap();
  await page
    .getByRole('button', { name: 'Sign out' })
    .or(page.getByRole('link', { name: 'Sign out' }))
    .click();
  lap();
  await page.getByText('Banking that picks up').first().waitFor();
  lap();
  await context.tracing.stop();
  await context.close();
  return times.slice(1).map((at, n) => at - (times[n] ?? at));
}

process.on('message', async (site: string) => process.send?.(await round(site)));
process.once('disconnect', () => void browser.close().finally(() => process.exit()));
process.send?.('ready');
