import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser, LaunchOptions } from 'playwright';

/** Chromium talks to its maker unless it is told not to; shared memory is small in containers. */
const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--disable-dev-shm-usage',
];

export interface Wanted {
  readonly executable?: string | undefined;
  readonly headless: boolean;
}

/** One browser a process, shared by all sessions; it goes when the last one does. */
export class Browsers {
  #browser: Promise<{ readonly browser: Browser; readonly agent: string }> | undefined;
  #users = 0;

  async take(wanted: Wanted): Promise<{ readonly browser: Browser; readonly agent: string }> {
    this.#users += 1;
    try {
      this.#browser ??= launch(wanted);
      const held = await this.#browser;
      if (held.browser.isConnected()) return held;
      this.#browser = launch(wanted);
      return await this.#browser;
    } catch (error) {
      this.#users -= 1;
      this.#browser = undefined;
      throw error;
    }
  }

  async give(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const held = this.#browser;
    this.#browser = undefined;
    await (await held)?.browser.close();
  }
}

async function launch({ executable, headless }: Wanted) {
  const { chromium } = await import('playwright');
  const path = executable ?? systemChromium();
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const options: LaunchOptions = { headless, args: [...quiet, ...sandbox], ...(path ? { executablePath: path } : {}) };
  const browser = await chromium.launch(options);
  const session = await browser.newBrowserCDPSession();
  const { userAgent } = await session.send('Browser.getVersion');
  await session.detach();
  return { browser, agent: userAgent };
}

/** Chromium on the search path; undefined means Playwright's own. */
export function systemChromium(): string | undefined {
  // biome-ignore lint/style/noProcessEnv: where programs are is the machine's business, not the configuration's
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders
    .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  return found ?? (existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined);
}
