import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright';
import type { Context, Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { Note } from '../../core/event.ts';
import type { Tabs } from './tabs.ts';
import { vitalsOf } from './vitals.ts';

interface Opened {
  readonly browsing: BrowserContext;
  readonly tabs: Tabs;
  readonly keeping: { readonly trace: boolean; readonly har?: string; readonly video: boolean };
  close(): Promise<void>;
}

/** A page that hangs must not hold up what comes next: a picture of a failure is waited for so long, ms. */
const pictureLimit = 1000;
/** Evidence of a page that hangs is given up after so long, ms. */
const closingLimit = 4000;

/** One thing that a customer does on the page, or looks for. */
export interface Deed<T> {
  readonly expected: string;
  /** It can be begun again on another tab. */
  readonly looks?: boolean;
  run(timeout: number): Promise<T>;
}

/** One browser window of one actor. */
export class WebSession implements AsyncDisposable {
  readonly context: Context;
  readonly tabs: Tabs;
  readonly #opened: Opened;
  #pending: Promise<unknown> = Promise.resolve();
  #measuring: Promise<unknown> = Promise.resolve();
  #failed = false;
  #pictures = 0;
  /** A page that let no picture be taken of it is not asked again. */
  #stuck: Page | undefined;

  constructor(opened: Opened, context: Context) {
    this.#opened = opened;
    this.tabs = opened.tabs;
    this.context = context;
  }

  get page(): Page {
    return this.tabs.page;
  }

  /**
   * Does one thing on the page until the signal fires; where it only looks, it looks again at a tab that opens meanwhile.
   * What failed is pictured afterwards, outside the step's time.
   */
  async act<T>(tools: Tools, deed: Deed<T>): Promise<T> {
    const { signal, left, clock, until, note } = tools;
    const gone = Promise.withResolvers<never>();
    const stop = () => gone.reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    gone.promise.catch(() => undefined);
    try {
      await Promise.race([this.#pending, gone.promise]);
      const again = Symbol('again');
      for (;;) {
        const turned = deed.looks ? this.tabs.turned.then(() => again) : gone.promise;
        const doing = deed.run(Math.max(1, left()) + 50);
        doing.catch(() => undefined);
        const came = await Promise.race([doing, gone.promise, this.tabs.refused, turned]);
        if (came !== again) return came as T;
      }
    } catch (error) {
      until(clock.now());
      this.#failed = true;
      const came = await this.#seen();
      const picture = this.#pictureOf('what was there', note);
      // The steps beside a watcher do not wait for its picture.
      if (tools.watching) this.#measuring = Promise.all([this.#measuring, picture]);
      else this.#pending = picture;
      if (error instanceof SpecError || (error === signal.reason && !(error instanceof Failure))) throw error;
      if (error instanceof Failure && error !== signal.reason) throw error;
      throw this.#whose(error, signal, { expected: deed.expected, came });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** A browser that is gone and words that no browser knows are not theirs. */
  #whose(error: unknown, signal: AbortSignal, seen: { readonly expected: string; readonly came: string }): Error {
    const words = error instanceof Error ? error.message : String(error);
    if (!this.#opened.browsing.browser()?.isConnected()) return new Error(`the browser is gone: ${plain(words)}`);
    if (/Unknown key|not a valid selector|while parsing (css )?selector|Unexpected token/i.test(words))
      return new SpecError(
        plain(words),
        'keys: Enter, Escape, Control+A; or name what is meant by role, label or text',
      );
    if (/\bcrashed\b/.test(words)) return new Failure('the page crashed', seen);
    if (/has been closed/.test(words)) return new Failure('the page closed', seen);
    const late = signal.aborted || /Timeout \d+ms exceeded/.test(words);
    return new Failure(late ? 'not on the page in time' : plain(words), seen);
  }

  /** What a person would have read, in few words; never longer than 250 ms. */
  async #seen(): Promise<string> {
    const read = this.page.evaluate(() =>
      (globalThis as unknown as { document: { body: { innerText: string } } }).document.body.innerText
        .replace(/\s+/g, ' ')
        .slice(0, 160),
    );
    const text = await soon(
      read.catch(() => ''),
      250,
      '',
    );
    const { errors } = this.tabs;
    const wrong = errors.length > 0 ? `; page errors: ${errors.slice(-3).join(', ')}` : '';
    return `${this.page.url()} showing “${text || 'nothing readable'}”${wrong}`;
  }

  async picture(title: string, note: Tools['note'], timeout: number): Promise<void> {
    this.#pictures += 1;
    const name = `${this.context.actor}-${this.context.attempt}-${this.#pictures}.jpg`;
    await this.page.screenshot({ path: this.context.artefact(name), type: 'jpeg', quality: 70, timeout });
    note({ type: 'file', path: name, mime: 'image/jpeg', title });
  }

  #pictureOf(title: string, note: Tools['note']): Promise<unknown> {
    const { page } = this;
    if (this.#stuck === page) return Promise.resolve();
    const taken = this.picture(title, note, pictureLimit).catch(() => {
      this.#stuck = page;
    });
    return soon(taken, pictureLimit, undefined);
  }

  /** Notes what the browser measured of the page; asked now, told when it has answered: nobody waits for it. */
  measure(note: Tools['note']): void {
    // Not by page.evaluate: with a trace on, each call of Playwright's takes a snapshot of the page.
    const { cdp } = this.tabs;
    const evaluate = async (expression: string) =>
      (await cdp.send('Runtime.evaluate', { expression, returnByValue: true })).result.value as unknown;
    // A page that is still being fetched has nowhere to evaluate in, and says so by silence.
    const measured = soon<readonly Note[]>(vitalsOf(evaluate), 300, []).then((metrics) => metrics.forEach(note));
    this.#measuring = Promise.all([this.#measuring, measured.catch(() => undefined)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { browsing, keeping } = this.#opened;
    try {
      await this.#pending;
      this.measure((metric) => this.context.note(metric));
      await this.#measuring;
      if (keeping.trace) await this.#trace(this.#failed || this.context.thorough);
      const video = keeping.video ? this.page.video() : null;
      await browsing.close();
      const name = `${this.context.actor}-${this.context.attempt}`;
      if (video) await this.#keep('video/webm', `${name}.webm`, (path) => video.saveAs(path));
      if (keeping.har) await this.#keep('application/json', keeping.har, async (path) => this.#redact(path));
    } finally {
      await this.#opened.close();
    }
  }

  async #trace(keep: boolean): Promise<void> {
    const { tracing } = this.#opened.browsing;
    if (!keep) return soon(tracing.stop(), closingLimit, undefined);
    await this.#keep('application/zip', `${this.context.actor}-${this.context.attempt}-trace.zip`, async (path) => {
      const late = new Error(`the page did not give it within ${closingLimit} ms`);
      const stopped = await soon<Error | undefined>(
        tracing.stop({ path }).then(() => undefined),
        closingLimit,
        late,
      );
      if (stopped) throw stopped;
      await this.#redact(path);
    });
  }

  async #redact(path: string): Promise<void> {
    const { redactFile } = await import('./trace.ts');
    redactFile(path, this.context.secrets(), (text) => this.context.redact(text));
  }

  /** What cannot be written, or not be cleared of secrets, is not kept, and its absence is told. */
  async #keep(mime: string, name: string, write: (path: string) => Promise<void>): Promise<void> {
    const path = this.context.artefact(name);
    const title = mime === 'application/zip' ? 'trace: npx playwright show-trace' : name;
    try {
      await write(path);
      this.context.note({ type: 'file', path: name, mime, title });
    } catch (error) {
      rmSync(path, { force: true });
      without(this.context, name, error instanceof Error ? error.message : String(error));
    }
  }
}

/** Tells why a piece of evidence is not there. */
export function without(context: Context, name: string, why: string): void {
  const path = `${name}.txt`;
  writeFileSync(context.artefact(path), `no ${name}: ${why}\n`);
  context.note({ type: 'file', path, mime: 'text/plain', title: `no ${name}: ${why}` });
}

/** The value, or another when it takes longer than ms. */
async function soon<T>(value: Promise<T>, ms: number, otherwise: T): Promise<T> {
  value.catch(() => undefined);
  const stop = new AbortController();
  try {
    return await Promise.race([value, sleep(ms, otherwise, { signal: stop.signal, ref: false })]);
  } finally {
    stop.abort();
  }
}

const plain = (words: string) =>
  (words.split('\n')[0] ?? words).replace(/^\w+\.\w+: /, '').replace(/^(page|locator)\.\w+: /, '');
