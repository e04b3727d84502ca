import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, CDPSession, LaunchOptions } from 'playwright';
import { chromiumFlags, systemChromium } from '../../core/chromium.ts';

export interface Wanted {
  readonly executable?: string | undefined;
  readonly headless: boolean;
}

/** What the guard of a session has to say about the documents of its window. */
export interface Guarded {
  /** The browser context, as the protocol names it. */
  readonly id: string;
  /** Throws where it does not allow the target. */
  allow(url: string): void;
  /** Headers that mark a request; nothing where it is not to be marked. */
  marks(url: string): Readonly<Record<string, string>> | undefined;
  /** True when the frame is one of its pages. */
  shows(frame: string): boolean;
  /** True when the frame stands in one of its pages. */
  holds(frame: string): Promise<boolean>;
  /** `top`: a page itself, not a frame in one. */
  refuse(error: unknown, top: boolean): void;
}

/** One browser a process, shared by all sessions; it goes when the last one does. */
export class Browsers {
  #browser: Promise<{ readonly browser: Browser; readonly agent: string }> | undefined;
  readonly #guarded = new Set<Guarded>();
  #users = 0;
  #films: Promise<boolean> | undefined;

  async take(wanted: Wanted): Promise<{ readonly browser: Browser; readonly agent: string }> {
    this.#users += 1;
    try {
      this.#browser ??= launch(wanted, this.#guarded);
      const held = await this.#browser;
      if (held.browser.isConnected()) return held;
      this.#browser = launch(wanted, this.#guarded);
      return await this.#browser;
    } catch (error) {
      this.#users -= 1;
      this.#browser = undefined;
      throw error;
    }
  }

  /** From now on no document of its window is fetched that it does not allow. */
  guard(window: Guarded): Disposable {
    this.#guarded.add(window);
    return { [Symbol.dispose]: () => void this.#guarded.delete(window) };
  }

  /** Whether videos can be made: Playwright needs an ffmpeg of its own beside its browsers. Tried once. */
  async films(): Promise<boolean> {
    this.#films ??= this.#tryFilm();
    return this.#films;
  }

  async #tryFilm(): Promise<boolean> {
    const held = await this.#browser;
    const dir = mkdtempSync(join(tmpdir(), 'throughline-film-'));
    const context = await held?.browser.newContext({ recordVideo: { dir } });
    try {
      await context?.newPage();
      return context !== undefined;
    } catch {
      return false;
    } finally {
      await context?.close();
      rmSync(dir, { recursive: true, force: true });
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

async function launch({ executable, headless }: Wanted, guarded: ReadonlySet<Guarded>) {
  const { chromium } = await import('playwright');
  const path = executable ?? systemChromium({ headless });
  const options: LaunchOptions = { headless, args: [...chromiumFlags], ...(path ? { executablePath: path } : {}) };
  const browser = await chromium.launch(options);
  const session = await browser.newBrowserCDPSession();
  const { userAgent } = await session.send('Browser.getVersion');
  await watchRequests(session, guarded);
  return { browser, agent: userAgent };
}

/**
 * Asks about every document before it is fetched: of pages, their redirects, frames and new tabs alike; and marks them,
 * and what scripts ask for. The fetch domain of the browser itself sees them all; that of a page misses the first document
 * of a tab that it opens, and a second one beside it makes every request dearer.
 */
async function watchRequests(session: CDPSession, guarded: ReadonlySet<Guarded>): Promise<void> {
  const owners = new Map<string, Guarded>();
  const owner = async (frame: string): Promise<Guarded | undefined> => {
    const known = owners.get(frame);
    if (known && guarded.has(known)) return known;
    const { window } = await ownerOf(session, frame, guarded);
    if (window) owners.set(frame, window);
    return window;
  };
  session.on('Fetch.requestPaused', ({ requestId, request: { url, headers }, frameId, resourceType }) => {
    const answer = async () => {
      const refused = resourceType === 'Document' ? refusalOf(url, guarded) : undefined;
      if (refused !== undefined) {
        await session.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' });
        const { window, top } = await ownerOf(session, frameId, guarded);
        window?.refuse(refused.error, top);
        return;
      }
      // Whose it is has to be asked of the browser for frames and new tabs: only where it would be marked.
      const marked = [...guarded].some((window) => window.marks(url));
      const marks = marked ? (await owner(frameId))?.marks(url) : undefined;
      const more = marks ? { headers: listed({ ...headers, ...marks }) } : {};
      await session.send('Fetch.continueRequest', { requestId, ...more });
    };
    answer().catch(() => undefined);
  });
  const patterns = (['Document', 'XHR', 'Fetch'] as const).map((resourceType) => ({ urlPattern: '*', resourceType }));
  await session.send('Fetch.enable', { patterns });
}

/** Headers as the protocol wants them. */
const listed = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => ({ name, value }));

function refusalOf(url: string, guarded: ReadonlySet<Guarded>): { readonly error: unknown } | undefined {
  if (!/^https?:/i.test(url)) return undefined;
  try {
    for (const window of guarded) window.allow(url);
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** The window that a frame stands in; `top`: it is a page itself. */
async function ownerOf(
  session: CDPSession,
  frame: string,
  guarded: ReadonlySet<Guarded>,
): Promise<{ readonly window?: Guarded | undefined; readonly top: boolean }> {
  const windows = [...guarded];
  const shown = windows.find((window) => window.shows(frame));
  if (shown) return { window: shown, top: true };
  const tab = await session.send('Target.getTargetInfo', { targetId: frame }).catch(() => undefined);
  if (tab) return { window: windows.find(({ id }) => id === tab.targetInfo.browserContextId), top: true };
  for (const window of windows) if (await window.holds(frame)) return { window, top: false };
  return { top: false };
}
