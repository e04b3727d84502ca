import { existsSync, readdirSync } from 'node:fs';
import { z } from 'zod';
import { type Context, defineAction, defineDriver, type Tools } from '../core/driver.ts';
import { Failure, SpecError } from '../core/errors.ts';
import { Browsers } from './web/browser.ts';
import { click, inWords, locate, type Where, where } from './web/locate.ts';
import { WebSession } from './web/session.ts';
import { vitalsScript } from './web/vitals.ts';

const settings = z.object({
  executable: z.string().optional().describe('Chromium to use; default: chromium on PATH, else Playwright’s own'),
  headless: z.boolean().default(true),
  viewport: z.object({ width: z.number().int(), height: z.number().int() }).default({ width: 1280, height: 800 }),
  locale: z.string().default('en-GB'),
  trace: z.boolean().default(true).describe('kept when a step fails'),
  har: z.boolean().default(false).describe('kept always; a further attempt keeps it anyway'),
  video: z.boolean().default(false).describe('needs Playwright’s ffmpeg'),
});

const target = z.object(where);
const browsers = new Browsers();

async function open(wanted: z.infer<typeof settings>, context: Context): Promise<WebSession> {
  const { browser, agent } = await browsers.take(wanted);
  try {
    const har = wanted.har || context.thorough ? `${context.actor}-${context.attempt}.har` : undefined;
    const video = (wanted.video || context.thorough) && (await videoWorks());
    if (wanted.video && !video) context.note({ type: 'metric', name: 'video.missing', value: 1, unit: '' });
    const opened = await browser.newContext({
      viewport: wanted.viewport,
      locale: wanted.locale,
      userAgent: `${agent} ThroughlineSynthetic/1`,
      ...(har ? { recordHar: { path: context.artefact(har), content: 'omit' as const } } : {}),
      ...(video ? { recordVideo: { dir: context.artefact('video') } } : {}),
    });
    if (wanted.trace) await opened.tracing.start({ snapshots: true, screenshots: context.thorough });
    await opened.addInitScript(vitalsScript);
    const page = await opened.newPage();
    const session = new WebSession(
      {
        context: opened,
        page,
        close: () => browsers.give(),
        keeping: { trace: wanted.trace, video, ...(har ? { har } : {}) },
      },
      context,
    );
    await session.watchOver(page);
    return session;
  } catch (error) {
    await browsers.give();
    throw error;
  }
}

/** Video needs the ffmpeg that Playwright installs beside its own browsers. */
async function videoWorks(): Promise<boolean> {
  const { chromium } = await import('playwright');
  const installed = /^(.*ms-playwright)[\\/]/.exec(chromium.executablePath())?.[1];
  return (
    installed !== undefined && existsSync(installed) && readdirSync(installed).some((name) => name.startsWith('ffmpeg'))
  );
}

const verb = <T>(session: WebSession, tools: Tools, expected: string, deed: (timeout: number) => Promise<T>) =>
  session.act(tools, expected, deed);

/** A customer or an agent in a real browser. */
export default defineDriver({
  about: 'use a website in a real browser',
  settings,
  open,
  actions: {
    open: defineAction({
      about: 'go to an address',
      main: 'url',
      layer: 'web',
      args: z.object({ url: z.string(), until: z.enum(['load', 'domcontentloaded', 'commit']).default('load') }),
      targets: ({ url }) => [String(url)],
      run: async ({ url, until: waitUntil }, session: WebSession, tools) => {
        session.context.guard.target(url);
        session.firstParty(url);
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
        await session.vitals(tools.note);
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
          else await found.selectOption({ label: option }, { timeout });
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
      args: target,
      title: (args) => `see ${inWords(args as Where)}`,
      run: (args, session: WebSession, tools) =>
        verb(session, tools, `${inWords(args)} on the page`, (timeout) =>
          locate(session.page, args).waitFor({ state: 'visible', timeout }),
        ),
    }),
    'not-see': defineAction({
      about: 'expect something not to be visible (any more)',
      main: 'text',
      layer: 'web',
      args: target,
      title: (args) => `not see ${inWords(args as Where)}`,
      run: (args, session: WebSession, tools) =>
        verb(session, tools, `no ${inWords(args)} on the page`, (timeout) =>
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
        verb(session, tools, `${inWords(args)} to read`, async (timeout) => {
          const found = locate(session.page, args);
          await found.waitFor({ state: 'visible', timeout });
          const field = await found.evaluate(
            (node) => 'value' in node && typeof node.value === 'string' && node.matches('input, textarea, select'),
          );
          return (field ? await found.inputValue({ timeout }) : await found.innerText({ timeout })).trim();
        }),
    }),
    upload: defineAction({
      about: 'give a file to a field',
      layer: 'web',
      args: target.extend({ file: z.string().describe('path of the file') }),
      title: (args) => `upload to ${inWords(args as Where)}`,
      run: ({ file, ...args }, session: WebSession, tools) => {
        if (!existsSync(file)) throw new SpecError(`no file ${file} to upload`);
        return verb(session, tools, `${inWords(args)} for a file`, (timeout) =>
          locate(session.page, args).setInputFiles(file, { timeout }),
        );
      },
    }),
    screenshot: defineAction({
      about: 'keep a picture of the page',
      main: 'picture',
      layer: 'web',
      quiet: true,
      args: z.object({ picture: z.string().default('the page').describe('what it shows') }),
      run: ({ picture }, session: WebSession, tools) => session.picture(picture, tools.note),
    }),
    'expect-url': defineAction({
      about: 'expect the address to hold a text, or to match /…/',
      main: 'url',
      layer: 'web',
      args: z.object({ url: z.string() }),
      run: ({ url }, session: WebSession, tools) => {
        const pattern = /^\/(.*)\/$/.exec(url)?.[1];
        const fits = (now: URL) =>
          pattern === undefined ? now.href.includes(url) : new RegExp(pattern).test(now.href);
        return verb(session, tools, `an address with ${url}`, (timeout) =>
          session.page.waitForURL(fits, { timeout, waitUntil: 'commit' }),
        );
      },
    }),
  },
});
