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

/** Chromium on the search path; undefined means Playwright's own. */
export function systemChromium(): string | undefined {
  // biome-ignore lint/style/noProcessEnv: where programs are is the machine's business, not the configuration's
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders
    .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  return found ?? (existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined);
}
