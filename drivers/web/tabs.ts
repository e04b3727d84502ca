import type { BrowserContext, CDPSession, Dialog, Page } from 'playwright';
import type { Context } from '../../core/driver.ts';
import type { Guarded } from './browser.ts';

export interface Watching {
  readonly browsing: BrowserContext;
  readonly context: Context;
  readonly dialogs: 'accept' | 'dismiss';
}

interface Tab {
  readonly page: Page;
  /** Its own frame, as the protocol names it. */
  readonly frame: string;
  readonly cdp: CDPSession;
}

/** The tabs of one window: the newest is the one that is looked at, until it closes. */
export class Tabs implements Guarded {
  readonly #watching: Watching;
  readonly #tabs: Tab[] = [];
  readonly #firstParty = new Set<string>();
  readonly #coming = new Set<Promise<unknown>>();
  readonly #refused = Promise.withResolvers<never>();
  readonly #crashed = new WeakSet<Page>();
  #turned = Promise.withResolvers<void>();
  /** What pages said went wrong, and what they asked. */
  readonly errors: string[] = [];

  /** Of the browser context; known from the first page on. */
  id = '';

  private constructor(watching: Watching) {
    this.#watching = watching;
    this.#refused.promise.catch(() => undefined);
    watching.browsing.on('page', (page) => this.#await(this.#adopt(page)));
  }

  static async open(watching: Watching): Promise<Tabs> {
    const tabs = new Tabs(watching);
    await watching.browsing.newPage();
    await Promise.all(tabs.#coming);
    return tabs;
  }

  get page(): Page {
    return this.#top.page;
  }

  get cdp(): CDPSession {
    return this.#top.cdp;
  }

  get #top(): Tab {
    const tab = this.#tabs.at(-1);
    if (!tab) throw new Error('the browser has no page');
    return tab;
  }

  /** Resolves when another tab is looked at. */
  get turned(): Promise<void> {
    return this.#turned.promise;
  }

  /** Rejects when the guard refused a document that a customer was to see. */
  get refused(): Promise<never> {
    return this.#refused.promise;
  }

  /** Requests to where a journey went itself are marked. */
  firstParty(url: string): void {
    this.#firstParty.add(new URL(url).origin);
  }

  /** Resolves when tabs that are opening are there. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#coming);
  }

  /** A crashed page shows nothing any more: a fresh one takes its place. */
  async fresh(): Promise<void> {
    const old = this.page;
    if (!this.#crashed.has(old)) return;
    await this.#watching.browsing.newPage();
    await Promise.all(this.#coming);
    await old.close().catch(() => undefined);
  }

  #await(coming: Promise<unknown>): void {
    this.#coming.add(coming);
    void coming.catch(() => undefined).finally(() => this.#coming.delete(coming));
  }

  async #adopt(page: Page): Promise<void> {
    page.on('pageerror', (error) => this.tell(error.message));
    page.on('response', (response) => {
      if (response.status() >= 400) this.tell(`${response.status()} ${response.url()}`);
    });
    page.on('dialog', (dialog) => void this.#answer(dialog).catch(() => undefined));
    page.on('crash', () => this.#crashed.add(page));
    page.on('close', () => this.#drop(page));
    const cdp = await this.#watching.browsing.newCDPSession(page);
    const { targetId: frame, browserContextId } = (await cdp.send('Target.getTargetInfo')).targetInfo;
    if (this.id === '') this.id = browserContextId ?? '';
    if (page.isClosed()) return;
    this.#tabs.push({ page, cdp, frame });
    this.#turn();
  }

  #drop(page: Page): void {
    const at = this.#tabs.findIndex((tab) => tab.page === page);
    if (at >= 0 && this.#tabs.length > 1) this.#tabs.splice(at, 1);
    this.#turn();
  }

  #turn(): void {
    this.#turned.resolve();
    this.#turned = Promise.withResolvers();
  }

  async #answer(dialog: Dialog): Promise<void> {
    // A page that asks whether one really wants to leave: one does.
    const accept = dialog.type() === 'beforeunload' || this.#watching.dialogs === 'accept';
    const said = dialog.message();
    if (said) this.tell(`the page asked “${said}”, ${accept ? 'accepted' : 'dismissed'}`);
    await (accept ? dialog.accept() : dialog.dismiss());
  }

  /** Only requests to where a journey went itself are marked: a mark on others would make them preflight. */
  marks(url: string): Readonly<Record<string, string>> | undefined {
    if (!this.#firstParty.has(new URL(url).origin)) return undefined;
    const { mark, traceparent } = this.#watching.context;
    return { 'X-Synthetic-Journey': mark, traceparent };
  }

  shows(frame: string): boolean {
    return this.#tabs.some((tab) => tab.frame === frame);
  }

  allow(url: string): void {
    this.#watching.context.guard.target(url);
  }

  async holds(frame: string): Promise<boolean> {
    const trees = this.#tabs.map(async ({ cdp }) => (await cdp.send('Page.getFrameTree')).frameTree);
    const known = (await Promise.allSettled(trees)).flatMap((tree) =>
      tree.status === 'fulfilled' ? [tree.value] : [],
    );
    return known.some((tree) => [...framesOf(tree)].includes(frame));
  }

  /** A page that a customer was to see ends the journey; a frame in it is told with what fails for want of it. */
  refuse(error: unknown, top: boolean): void {
    if (top) this.#refused.reject(error);
    else this.tell(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }

  tell(error: string): void {
    if (this.errors.length < 50) this.errors.push(error.slice(0, 200));
  }
}

interface Tree {
  readonly frame: { readonly id: string };
  readonly childFrames?: readonly Tree[];
}

function* framesOf({ frame, childFrames = [] }: Tree): Generator<string> {
  yield frame.id;
  for (const child of childFrames) yield* framesOf(child);
}
