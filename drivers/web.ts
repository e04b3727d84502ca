import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { type Context, defineAction, defineDriver, type Tools } from '../core/driver.ts';
import { Failure, SpecError } from '../core/errors.ts';
import { Browsers } from './web/browser.ts';
import { click, inWords, locate, locateHidden, unnamed, type Where, where } from './web/locate.ts';
import { WebSession, without } from './web/session.ts';
import { Tabs } from './web/tabs.ts';
import { vitalsScript } from './web/vitals.ts';
import { watchAgainst, watchFor, watchGrace } from './web/watch.ts';

const settings = z.object({
  executable: z
    .string()
    .optional()
    .describe('Chromium to use; default: chromium-headless-shell or chromium on PATH, else Playwright’s own'),
  headless: z.boolean().default(true),
  viewport: z.object({ width: z.number().int(), height: z.number().int() }).default({ width: 1280, height: 800 }),
  locale: z.string().default('en-GB'),
  trace: z.boolean().default(true).describe('kept when a step fails'),
  har: z.boolean().default(false).describe('kept always; a further attempt keeps it anyway'),
  video: z.boolean().default(false).describe('needs Playwright’s ffmpeg'),
  dialogs: z
    .enum(['dismiss', 'accept'])
    .default('dismiss')
    .describe('what alert, confirm and prompt are answered; what they asked is told'),
});

const target = z.object(where);
const browsers = new Browsers();

async function open(wanted: z.infer<typeof settings>, context: Context): Promise<WebSession> {
  const { browser, agent } = await browsers.take(wanted);
  try {
    const har = wanted.har || context.thorough ? `${context.actor}-${context.attempt}.har` : undefined;
    const asked = wanted.video || context.thorough;
    const video = asked && (await browsers.films());
    if (wanted.video && !video)
      without(
        context,
        `${context.actor}-${context.attempt}.webm`,
        'Playwright’s ffmpeg is missing: npx playwright install ffmpeg',
      );
    const browsing = await browser.newContext({
      viewport: wanted.viewport,
      locale: wanted.locale,
      userAgent: `${agent} ThroughlineSynthetic/1`,
      ...(har ? { recordHar: { path: context.artefact(har), content: 'omit' as const } } : {}),
      ...(video ? { recordVideo: { dir: context.artefact('video') } } : {}),
    });
    if (wanted.trace) await browsing.tracing.start({ snapshots: true, screenshots: context.thorough });
    await browsing.addInitScript(vitalsScript);
    const tabs = await Tabs.open({ browsing, context, dialogs: wanted.dialogs });
    const watched = browsers.guard(tabs);
    const close = async () => {
      watched[Symbol.dispose]();
      await browsers.give();
    };
    return new WebSession(
      { browsing, tabs, keeping: { trace: wanted.trace, video, ...(har ? { har } : {}) }, close },
      context,
    );
  } catch (error) {
    await browsers.give();
    throw error;
  }
}

const verb = <T>(session: WebSession, tools: Tools, expected: string, run: (timeout: number) => Promise<T>) =>
  session.act(tools, { expected, run });

/** A verb that only looks goes on in a tab that opens meanwhile. */
const look = <T>(session: WebSession, tools: Tools, expected: string, run: (timeout: number) => Promise<T>) =>
  session.act(tools, { expected, run, looks: true });

/** Runs in the page: the value of a field, the text of anything else. */
const textOf = (node: unknown): string => {
  const { value, innerText, matches } = node as { value?: unknown; innerText?: string; matches(css: string): boolean };
  const field = typeof value === 'string' && matches.call(node, 'input, textarea, select');
  return field ? value : (innerText ?? '');
};

/** A customer or an agent in a real browser. */
export default defineDriver({
  about: 'use a website in a real browser',
  settings,
  open,
  check: async (uses) => unnamed(uses),
  actions: {
    open: defineAction({
      about: 'go to an address',
      main: 'url',
      layer: 'web',
      args: z.object({ url: z.string(), until: z.enum(['load', 'domcontentloaded', 'commit']).default('load') }),
      targets: ({ url }) => [String(url)],
      run: async ({ url, until: waitUntil }, session: WebSession, tools) => {
        session.context.guard.target(url);
        session.tabs.firstParty(url);
        await session.tabs.fresh();
        const response = await verb(session, tools, `${url} opens`, (timeout) =>
          session.page.goto(url, { waitUntil, timeout }),
        );
        if (response && response.status() >= 400)
          throw await verb(session, tools, `${url} opens`, async () =>
            Promise.reject(
              new Failure(`answered ${response.status()}`, {
                expected: '2xx',
                came: `${response.status()} ${response.statusText()}`,
              }),
            ),
          );
        tools.until(tools.clock.now());
        session.measure(tools.note);
        return { url: session.page.url(), status: response?.status() ?? 0 };
      },
    }),
    click: defineAction({
      about: 'click on a button, link or anything else',
      main: 'text',
      layer: 'web',
      args: target,
      title: (args) => `click ${inWords(args as Where)}`,
      run: (args, session: WebSession, tools) =>
        verb(session, tools, `${inWords(args)} to click on`, (timeout) => click(session.page, args, timeout)),
    }),
    fill: defineAction({
      about: 'type into a field',
      layer: 'web',
      args: target.extend({ value: z.string() }),
      title: (args) => `fill ${inWords(args as Where)}`,
      run: ({ value, ...args }, session: WebSession, tools) =>
        verb(session, tools, `${inWords(args)} to type into`, (timeout) =>
          locate(session.page, args).fill(value, { timeout }),
        ),
    }),
    choose: defineAction({
      about: 'choose an option of a list, or tick a box',
      layer: 'web',
      args: target.extend({ option: z.string().optional().describe('absent: tick') }),
      title: (args) => `choose ${String((args as { option?: string }).option ?? '')} in ${inWords(args as Where)}`,
      run: async ({ option, ...args }, session: WebSession, tools) => {
        const found = locate(session.page, args);
        await verb(session, tools, `${inWords(args)} to choose from`, async (timeout) => {
          if (option === undefined) await found.check({ timeout });
          else await found.selectOption(option, { timeout });
        });
      },
    }),
    press: defineAction({
      about: 'press a key',
      main: 'key',
      layer: 'web',
      args: z.object({ key: z.string().describe('Enter, Escape, Control+A') }),
      run: ({ key }, session: WebSession, tools) =>
        verb(session, tools, `key ${key}`, () => session.page.keyboard.press(key)),
    }),
    see: defineAction({
      about: 'expect something to be visible',
      main: 'text',
      layer: 'web',
      watch: true,
      grace: watchGrace,
      args: target,
      title: (args) => `see ${inWords(args as Where)}`,
      run: (args, session: WebSession, tools) =>
        tools.watching
          ? watchFor(args, session, tools)
          : look(session, tools, `${inWords(args)} on the page`, (timeout) =>
              locate(session.page, args).waitFor({ state: 'visible', timeout }),
            ),
    }),
    'not-see': defineAction({
      about: 'expect something not to be visible (any more)',
      main: 'text',
      layer: 'web',
      watch: 'gone',
      grace: watchGrace,
      args: target,
      title: (args) => `not see ${inWords(args as Where)}`,
      run: (args, session: WebSession, tools) =>
        tools.watching
          ? watchAgainst(args, session, tools)
          : look(session, tools, `no ${inWords(args)} on the page`, (timeout) =>
              locate(session.page, args).waitFor({ state: 'hidden', timeout }),
            ),
    }),
    read: defineAction({
      about: 'read a text or the value of a field',
      main: 'text',
      layer: 'web',
      args: target,
      title: (args) => `read ${inWords(args as Where)}`,
      run: (args, session: WebSession, tools) =>
        look(session, tools, `${inWords(args)} to read`, async (timeout) => {
          const found = locate(session.page, args);
          await found.waitFor({ state: 'visible', timeout });
          return (await found.evaluate(textOf, undefined, { timeout })).trim();
        }),
    }),
    upload: defineAction({
      about: 'give a file to a field',
      layer: 'web',
      args: target.extend({ file: z.string().describe('path of the file') }),
      title: (args) => `upload to ${inWords(args as Where)}`,
      run: ({ file, ...args }, session: WebSession, tools) => {
        const path = resolve(session.context.root, file);
        if (!existsSync(path)) throw new SpecError(`no file ${path} to upload`, 'the path is relative to the project');
        return verb(session, tools, `${inWords(args)} for a file`, (timeout) =>
          locateHidden(session.page, args).setInputFiles(path, { timeout }),
        );
      },
    }),
    screenshot: defineAction({
      about: 'keep a picture of the page',
      main: 'picture',
      layer: 'web',
      quiet: true,
      args: z.object({ picture: z.string().default('the page').describe('what it shows') }),
      run: ({ picture }, session: WebSession, tools) =>
        verb(session, tools, 'a page to take a picture of', (timeout) => session.picture(picture, tools.note, timeout)),
    }),
    'expect-url': defineAction({
      about: 'expect the address to hold a text, or to match /…/',
      main: 'url',
      layer: 'web',
      args: z.object({ url: z.string() }),
      run: ({ url }, session: WebSession, tools) => {
        const pattern = /^\/(.+)\/$/.exec(url)?.[1];
        const expression = pattern === undefined ? undefined : expressionOf(pattern);
        const fits = (now: URL) => expression?.test(now.href) ?? now.href.includes(url);
        return look(session, tools, `an address with ${url}`, (timeout) =>
          session.page.waitForURL(fits, { timeout, waitUntil: 'commit' }),
        );
      },
    }),
  },
});

function expressionOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new SpecError(
      error instanceof Error ? error.message : String(error),
      'a text without slashes is looked for as it is',
    );
  }
}
