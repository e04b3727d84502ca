import type { BrowserContext, CDPSession, Page } from 'playwright';
import type { Context, Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { Note } from '../../core/event.ts';
import { redactFile } from './trace.ts';
import { vitalsOf } from './vitals.ts';

interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly keeping: { readonly trace: boolean; readonly har?: string; readonly video: boolean };
  close(): Promise<void>;
}

/** One browser window of one actor. */
export class WebSession implements AsyncDisposable {
  readonly page: Page;
  readonly context: Context;
  readonly #opened: Opened;
  readonly #firstParty = new Set<string>();
  #refused: SpecError | undefined;
  #pending: Promise<unknown> = Promise.resolve();
  #cdp: CDPSession | undefined;
  #failed = false;
  #pictures = 0;
  readonly errors: string[] = [];

  constructor(opened: Opened, context: Context) {
    this.#opened = opened;
    this.page = opened.page;
    this.context = context;
    opened.page.on('pageerror', (error) => this.#remember(error.message));
    opened.page.on('response', (response) => {
      if (response.status() >= 400) this.#remember(`${response.status()} ${response.url()}`);
    });
  }

  /** Asks the guard about every document before it is fetched, and marks first-party requests only: a mark on others would make them preflight. */
  async watchOver(page: Page): Promise<void> {
    const cdp = await this.#opened.context.newCDPSession(page);
    this.#cdp = cdp;
    cdp.on('Fetch.requestPaused', (paused) => void this.#paused(cdp, paused).catch(() => undefined));
    await cdp.send('Fetch.enable', {
      patterns: (['Document', 'XHR', 'Fetch'] as const).map((resourceType) => ({ urlPattern: '*', resourceType })),
    });
  }

  async #paused(
    cdp: CDPSession,
    {
      requestId,
      request,
      resourceType,
    }: { requestId: string; request: { url: string; headers: Record<string, string> }; resourceType: string },
  ): Promise<void> {
    const { origin, protocol } = new URL(request.url);
    if (resourceType === 'Document' && protocol.startsWith('http')) {
      try {
        this.context.guard.target(request.url);
      } catch (error) {
        this.#refused ??= error as SpecError;
        await cdp.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' });
        return;
      }
    }
    if (!this.#firstParty.has(origin)) {
      await cdp.send('Fetch.continueRequest', { requestId });
      return;
    }
    const marked = {
      ...request.headers,
      'X-Synthetic-Journey': this.context.mark,
      traceparent: this.context.traceparent,
    };
    await cdp.send('Fetch.continueRequest', {
      requestId,
      headers: Object.entries(marked).map(([name, value]) => ({ name, value })),
    });
  }

  firstParty(url: string): void {
    this.#firstParty.add(new URL(url).origin);
  }

  /** Does one thing on the page until the signal fires. What failed is pictured afterwards, outside the step's time. */
  async act<T>(tools: Tools, expected: string, deed: (timeout: number) => Promise<T>): Promise<T> {
    const { signal, left, clock, until, note } = tools;
    await this.#pending;
    const gone = Promise.withResolvers<never>();
    const stop = () => gone.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    gone.promise.catch(() => undefined);
    const doing = deed(Math.min(Math.max(1, left()), 0x7fff0000) + 50);
    doing.catch(() => undefined);
    try {
      return await Promise.race([doing, gone.promise]);
    } catch (error) {
      until(clock.now());
      this.#failed = true;
      const came = await this.#seen();
      this.#pending = this.picture('what was there', note).catch(() => undefined);
      if (this.#refused) throw this.#refused;
      if (error instanceof SpecError || (error === signal.reason && !(error instanceof Failure))) throw error;
      throw error instanceof Failure && error !== signal.reason
        ? error
        : new Failure(this.#why(error, signal), { expected, came });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #why(error: unknown, signal: AbortSignal): string {
    const words = error instanceof Error ? error.message : String(error);
    if (signal.aborted || /Timeout \d+ms exceeded/.test(words)) return 'not on the page in time';
    return (words.split('\n')[0] ?? words).replace(/^\w+\.\w+: /, '').replace(/^(page|locator)\.\w+: /, '');
  }

  /** What a person would have read, in few words; never longer than 250 ms. */
  async #seen(): Promise<string> {
    const read = this.page.evaluate(() =>
      (globalThis as unknown as { document: { body: { innerText: string } } }).document.body.innerText
        .replace(/\s+/g, ' ')
        .slice(0, 160),
    );
    const text = await Promise.race([
      read.catch(() => ''),
      new Promise<string>((resolve) => setTimeout(resolve, 250, '')),
    ]);
    const wrong = this.errors.length > 0 ? `; page errors: ${this.errors.slice(-3).join(', ')}` : '';
    return `${this.page.url()} showing “${text || 'nothing readable'}”${wrong}`;
  }

  #remember(error: string): void {
    if (this.errors.length < 50) this.errors.push(error.slice(0, 200));
  }

  async picture(title: string, note: Tools['note']): Promise<void> {
    this.#pictures += 1;
    const name = `${this.context.actor}-${this.context.attempt}-${this.#pictures}.jpg`;
    await this.page.screenshot({ path: this.context.artefact(name), type: 'jpeg', quality: 70, timeout: 5000 });
    note({ type: 'file', path: name, mime: 'image/jpeg', title });
  }

  async vitals(note: Tools['note']): Promise<void> {
    // Not by page.evaluate: with a trace on, each call of Playwright's takes a snapshot of the page.
    const evaluate = async (expression: string) =>
      (await this.#cdp?.send('Runtime.evaluate', { expression, returnByValue: true }))?.result.value as unknown;
    // A page that is still being fetched has nowhere to evaluate in, and says so by silence.
    const silence = new Promise<readonly Note[]>((resolve) => setTimeout(resolve, 500, []).unref());
    for (const metric of await Promise.race([vitalsOf(evaluate), silence])) note(metric);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { context, keeping } = this.#opened;
    await this.#pending;
    try {
      await this.vitals((metric) => this.context.note(metric));
      const keep = this.#failed || this.context.thorough;
      if (keeping.trace) await this.#trace(keep);
      const video = keeping.video ? this.page.video() : null;
      await context.close();
      if (video)
        await this.#keep('video/webm', `${this.context.actor}-${this.context.attempt}.webm`, (path) =>
          video.saveAs(path),
        );
      if (keeping.har)
        await this.#keep('application/json', keeping.har, async (path) =>
          redactFile(path, this.context.secrets(), (text) => this.context.redact(text)),
        );
    } finally {
      await this.#opened.close();
    }
  }

  async #trace(keep: boolean): Promise<void> {
    const { tracing } = this.#opened.context;
    if (!keep) return tracing.stop();
    await this.#keep('application/zip', `${this.context.actor}-${this.context.attempt}-trace.zip`, async (path) => {
      await tracing.stop({ path });
      redactFile(path, this.context.secrets(), (text) => this.context.redact(text));
    });
  }

  async #keep(mime: string, name: string, write: (path: string) => Promise<void>): Promise<void> {
    await write(this.context.artefact(name));
    this.context.note({
      type: 'file',
      path: name,
      mime,
      title: mime === 'application/zip' ? 'trace: npx playwright show-trace' : name,
    });
  }
}
