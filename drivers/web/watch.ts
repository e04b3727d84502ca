import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright';
import { Stopped } from '../../core/deadline.ts';
import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import { inWords, locate, type Where } from './locate.ts';
import type { WebSession } from './session.ts';

/** A page that hangs does not hold up the end of a journey for ever: it is asked for so long, ms. */
const patience = 5000;
/** What a watcher of a page may take after its signal: the last look, and what it says was there instead, ms. */
export const watchGrace = patience + 2000;

/** Waits for as long as the journey goes on, through navigations and on each tab that opens, until it is there. */
export async function watchFor(words: Where, session: WebSession, tools: Tools): Promise<void> {
  const expected = `${inWords(words)} on a page`;
  await beside(session, tools, {
    expected,
    sight: (page) => sight(page, words),
    last: async () => {
      if (await shown(session, words, expected)) return;
      throw new Failure('it never came', { expected, came: `${session.page.url()} without it at the end` });
    },
  });
}

/** The same, for what must not be there: fails on sight, and returns when nothing was there at the end either. */
export async function watchAgainst(words: Where, session: WebSession, tools: Tools): Promise<void> {
  const expected = `never ${inWords(words)}`;
  const seen = (page: Page) =>
    new Failure(`${inWords(words)} was on the page`, { expected, came: `${inWords(words)} on ${page.url()}` });
  await beside(session, tools, {
    expected,
    sight: async (page) => {
      await sight(page, words);
      throw seen(page);
    },
    last: async () => {
      if (await shown(session, words, expected)) throw seen(session.page);
    },
  });
}

interface Watched {
  readonly expected: string;
  sight(page: Page): Promise<void>;
  /** The steps are over: one more look, for between two looks of `sight` it may have come. */
  last(): Promise<void>;
}

/** Looks until the signal fires, and once more then. An interrupt ends it without: nobody will ask. */
async function beside(session: WebSession, tools: Tools, { expected, sight, last }: Watched): Promise<void> {
  const over = Promise.withResolvers<void>();
  const stop = new AbortController();
  const ended = () => {
    if (tools.signal.reason instanceof Stopped) stop.abort(tools.signal.reason);
    else over.resolve();
  };
  if (tools.signal.aborted) ended();
  tools.signal.addEventListener('abort', ended, { once: true });
  let newest = 0;
  const run = () => {
    newest += 1;
    const mine = newest;
    const final = over.promise.then(() => (mine === newest ? last() : never()));
    return Promise.race([sight(session.page), final]);
  };
  try {
    await session.act({ ...tools, signal: stop.signal }, { expected, looks: true, run });
  } finally {
    tools.signal.removeEventListener('abort', ended);
  }
}

/** One of its own each time: what waits for it goes with it. */
const never = () => new Promise<never>(() => undefined);

/** The browser does the waiting. A page that is gone shows nothing any more: the next one is looked at when it comes. */
async function sight(page: Page, words: Where): Promise<void> {
  try {
    await locate(page, words).waitFor({ state: 'visible', timeout: 0 });
  } catch (error) {
    if (!gone(page, error)) throw error;
    await never();
  }
}

/** Whether it is there now: one evaluation in the page that is looked at, no waiting. Throws a Failure when the page does not answer. */
async function shown(session: WebSession, words: Where, expected: string): Promise<boolean> {
  const stop = new AbortController();
  const page = async () => {
    await session.tabs.settled();
    return session.page;
  };
  const look = page().then((one) =>
    locate(one, words)
      .isVisible()
      .catch((error: unknown) => {
        if (gone(one, error)) return false;
        throw error;
      }),
  );
  look.catch(() => undefined);
  const late = sleep(patience, undefined, { signal: stop.signal, ref: false });
  late.catch(() => undefined);
  try {
    const came = await Promise.race([look, late]);
    if (came !== undefined) return came;
    throw new Failure('the page did not answer', {
      expected,
      came: `${session.page.url()} answers nothing for ${patience / 1000} s`,
    });
  } finally {
    stop.abort();
  }
}

function gone(page: Page, error: unknown): boolean {
  const words = error instanceof Error ? error.message : '';
  return /\bcrashed\b|has been closed/.test(words) && page.context().browser()?.isConnected() === true;
}
