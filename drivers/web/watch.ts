import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright';
import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import { inWords, locate, type Where } from './locate.ts';
import type { WebSession } from './session.ts';

/** A page that hangs does not hold up the end of a journey: it is asked for so long, ms. */
const lastLook = 250;

/** Waits for as long as the journey goes on, through navigations and on each tab that opens, until it is there. */
export async function watchFor(words: Where, session: WebSession, tools: Tools): Promise<void> {
  const expected = `${inWords(words)} on a page`;
  const last = async () => {
    await fired(tools.signal);
    const { page } = session;
    const there = locate(page, words)
      .isVisible()
      .catch(() => false);
    if (await Promise.race([there, sleep(lastLook, false)])) return;
    throw new Failure('it never came', { expected, came: `${page.url()} without it at the end` });
  };
  await beside(session, tools, {
    expected,
    looks: true,
    run: () => Promise.race([sight(session.page, words), last()]),
  });
}

/** The same, for what must not be there: fails on sight, returns when the signal fires. */
export async function watchAgainst(words: Where, session: WebSession, tools: Tools): Promise<void> {
  const expected = `never ${inWords(words)}`;
  const seen = async (page: Page) => {
    await sight(page, words);
    throw new Failure(`${inWords(words)} was on the page`, {
      expected,
      came: `${inWords(words)} on ${page.url()}`,
    });
  };
  await beside(session, tools, {
    expected,
    looks: true,
    run: () => Promise.race([fired(tools.signal), seen(session.page)]),
  });
}

/** The end of the journey is no failure by itself: what it means is for the deed to say. */
const beside = (session: WebSession, tools: Tools, deed: Parameters<typeof session.act<void>>[1]) =>
  session.act({ ...tools, signal: new AbortController().signal }, deed);

function fired(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

/** The browser does the waiting. A page that is gone shows nothing any more: the next one is looked at when it comes. */
async function sight(page: Page, words: Where): Promise<void> {
  try {
    await locate(page, words).waitFor({ state: 'visible', timeout: 0 });
  } catch (error) {
    const gone = /\bcrashed\b|has been closed/.test(error instanceof Error ? error.message : '');
    if (!gone || !page.context().browser()?.isConnected()) throw error;
    await new Promise(() => undefined);
  }
}
