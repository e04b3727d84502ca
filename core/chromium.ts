import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Chromium talks to its maker unless it is told not to; shared memory is small in containers; root has no sandbox. */
export const chromiumFlags: readonly string[] = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--disable-dev-shm-usage',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** Those that can show a window. */
const whole = ['chromium', 'chromium-browser', 'google-chrome'];
/** Those that never do, and so do not draw one behind the page: with these a page is there in two thirds of the time (0191). */
const shells = ['chromium-headless-shell', 'chrome-headless-shell'];

/** Chromium on the search path, with `headless` one that shows no window if there is any; undefined means Playwright's own. */
export function systemChromium({ headless = false } = {}): string | undefined {
  // biome-ignore lint/style/noProcessEnv: where programs are is the machine's business, not the configuration's
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = headless ? [...shells, ...whole] : whole;
  return names
    .flatMap((name) => [...folders, '/usr/bin'].map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}
