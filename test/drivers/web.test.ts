import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guardOf, guardSettings } from '../../config/guard.ts';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import type { JsonObject } from '../../core/json.ts';
import { stopped, type Walked, walkText } from '../kit/stage.ts';
import { openPages, type Pages } from './web-pages.ts';

const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));

const interrupt = new AbortController();
let site: Pages;
let url: string;
let kept: Promise<unknown>;
beforeAll(async () => {
  site = await openPages();
  url = site.url;
  // The browser stays as long as one session does.
  const opened = Promise.withResolvers<void>();
  kept = walkText(`title: Kept\nsteps:\n  - web.open: ${url}/\n  - pause: 30m\n`, {
    drivers,
    interrupt,
    on: (event) => event.type === 'step.ended' && opened.resolve(),
    world: { within: { step: 3_600_000, walk: 3_600_000, finally: 1_000 } },
  });
  await opened.promise;
});
afterAll(async () => {
  interrupt.abort(stopped());
  await kept;
  await site[Symbol.asyncDispose]();
});

const walked = (path: string, steps: string, more: Partial<Parameters<typeof walkText>[1]> = {}): Promise<Walked> =>
  walkText(`title: A page\nsteps:\n  - web.open: ${url}${path}\n${steps}`, {
    drivers,
    ...more,
    world: { within: { step: 20_000, walk: 60_000, finally: 2_000 }, ...more.world },
  });
const troubles = ({ ended, events }: Walked) => [
  ...ended
    .filter(({ status }) => status !== 'passed')
    .map(({ step, status, sentence }) => `${step} ${status}: ${sentence}`),
  ...events.flatMap((event) => (event.type === 'run.fault' ? [event.message] : [])),
];
const only = (...targets: string[]) =>
  guardOf(guardSettings.parse({ targets }), { count: () => 1 }, { now: () => Date.now(), zone: 'UTC' });

test('dialogs are answered and told, and a page that asks to stay is left', async () => {
  const told = await walked(
    '/dialogs',
    `  - web.click: Warn
  - web.see: after the alert
  - web.click: Cancel order
  - web.see: kept
  - web.open: ${url}/
  - web.see: Welcome
`,
  );
  expect(troubles(told)).toEqual([]);
});

test('a new tab is looked at, also one that comes late; when it closes, the one before', async ({ expect }) => {
  const told = await walked(
    '/popups',
    `  - web.click: Terms
  - web.see: Terms and conditions
  - web.expect-url: /terms
  - web.click: Close
  - web.click: Later
  - web.see: Terms and conditions
`,
  );
  expect(troubles(told)).toEqual([]);
});

test('a download leaves the page as it is; two that match: the one that can be seen; navigation in the middle of reading', async ({
  expect,
}) => {
  const all = await Promise.all([
    walked('/download', '  - web.click: Statement\n  - web.see: Here is your statement\n'),
    walked(
      '/twins',
      '  - web.see: Total due\n  - web.fill: { label: Code, value: "12" }\n  - web.read: { text: Total due }\n    save: total\n  - web.not-see: Total due\n    within: 300ms\n    optional: true\n',
    ),
    walked('/moving', '  - web.read: { label: Amount }\n    save: amount\n  - web.see: { label: Amount }\n'),
  ]);
  expect(all.map(troubles)).toEqual([[], [expect.stringContaining('web.not-see skipped')], []]);
});

test('what stands in a frame or in a shadow root is found', async () => {
  const told = await walked(
    '/frames',
    `  - web.click: Open shadow
  - web.see: Opened
  - web.click: { text: Say hello, frame: Chat }
  - web.see: { text: Hello from the frame, frame: Chat }
  - web.see: { text: Answered, frame: asks }
`,
  );
  expect(troubles(told)).toEqual([]);
  expect(site.marked).toContain('127.0.0.1/frames marked');
  expect(site.marked).toContain('127.0.0.1/asked marked');
  expect(site.marked).toContain('127.0.0.1/asked-in-frame marked');
  expect(site.marked).toContain('localhost/inner bare');
  expect(site.marked).toContain('127.0.0.1/terms marked');
});

test('a script of somebody else that never comes: the limit holds, or the page is used as it is', async ({
  expect,
}) => {
  const told = await walkText(
    `title: Slow
steps:
  - web.open: { url: "${url}/third-party", until: domcontentloaded }
  - web.see: Early
  - web.open: ${url}/third-party
    within: 800ms
`,
    { drivers, world: { within: { step: 20_000, walk: 60_000, finally: 1_000 } } },
  );
  expect(told.ended.map(({ status }) => status)).toEqual(['passed', 'passed', 'failed']);
});

test('a page that hangs: every verb ends with its limit, as a failure; the session closes', async ({ expect }) => {
  const told = await walked(
    '/hang',
    `  - web.click: Hang
    soft: true
    within: 2s
  - web.see: never
    soft: true
    within: 700ms
  - web.read: never
    soft: true
    within: 250ms
  - web.click: never
    soft: true
    within: 250ms
  - web.fill: { label: never, value: a }
    soft: true
    within: 250ms
  - web.press: Enter
    soft: true
    within: 250ms
  - web.expect-url: nowhere
    soft: true
    within: 250ms
  - web.not-see: Soon busy
    soft: true
    within: 250ms
  - web.screenshot: the page
    soft: true
    within: 250ms
`,
  );
  expect(told.ended.slice(2).map(({ step, status, sentence }) => [step, status, sentence?.slice(0, 90)])).toEqual(
    told.ended.slice(2).map(({ step }) => [step, 'failed', expect.any(String)]),
  );
  expect(told.events.flatMap((event) => (event.type === 'run.fault' ? [event.message] : []))).toEqual([]);
});

test('the guard stands before redirects, links, frames and new tabs: no packet leaves', async ({ expect }) => {
  const guard = only('127.0.0.1');
  const all = await Promise.all(
    [
      ['/away', '  - web.click: Leave\n'],
      ['/away', '  - web.click: Out\n'],
      ['/popups', '  - web.click: Partner\n'],
      ['/popups', '  - web.click: Moved\n'],
    ].map(([path = '', steps = '']) =>
      walked(path, `${steps}  - web.see: nothing of the kind\n`, { world: { guard } }),
    ),
  );
  expect(site.elsewhere).toEqual([]);
  const framed = await walked('/frame-away', '  - web.see: Framed\n  - web.see: partner\n    within: 1s\n', {
    world: { guard },
  });
  expect(framed.ended.map(({ status }) => status)).toEqual(['passed', 'passed', 'failed']);
  expect(framed.ended[2]?.trouble?.came).toMatch(/the guard does not allow http:\/\/localhost:\d+\/elsewhere/);
  expect(site.elsewhere).toEqual([]);
  for (const { ended } of all)
    expect(ended.flatMap(({ trouble }) => (trouble ? [[trouble.kind, trouble.message]] : []))).toEqual([
      ['spec', expect.stringMatching(/^the guard does not allow http:\/\/localhost:\d+\/elsewhere$/)],
    ]);
});

test('a crashed page is their failure and says so; the next address opens again', async () => {
  const told = await walkText(
    `title: Crash
steps:
  - web.open: chrome://crash
    soft: true
  - web.open: ${url}/
  - web.see: Welcome
`,
    { drivers, world: { guard: only('*'), within: { step: 20_000, walk: 60_000, finally: 1_000 } } },
  );
  expect(told.ended.map(({ status }) => status)).toEqual(['failed', 'passed', 'passed']);
  expect(told.ended[0]?.sentence).toMatch(/the page crashed|ERR_ABORTED/);
});

test('words that mean nothing are wrong before anything is dialled, or yours, not theirs', async ({ expect }) => {
  const web = drivers.get('web') as Driver;
  const place = { file: 'a.yaml', line: 1, column: 1 };
  const check = (verb: string, args: JsonObject) => web.check?.([{ actor: 'customer', verb, args, place }], {}, '.');
  expect(await check('click', { nth: 2 })).toEqual([
    {
      message: 'web.click does not say what on the page',
      place,
      hint: 'name it by role, label, text, placeholder, test-id, css',
    },
  ]);
  expect(await check('see', { name: 'Send', text: 'x' })).toMatchObject([
    { message: '`name` is the name of a `role`' },
  ]);
  expect(await check('see', { text: 'x' })).toEqual([]);
  const told = await Promise.all(
    [
      'web.press: Foo',
      'web.see: { css: "p[" }',
      'web.expect-url: /(/',
      'web.upload: { label: File, file: nothing.txt }',
    ].map((step) => walked('/', `  - ${step}\n`)),
  );
  expect(told.map(({ ended }) => [ended[1]?.trouble?.kind, ended[1]?.trouble?.message])).toEqual([
    ['spec', expect.stringContaining('Foo')],
    ['spec', expect.stringContaining('p[')],
    ['spec', expect.stringContaining('regular expression')],
    ['spec', expect.stringContaining('nothing.txt to upload')],
  ]);
});

test('a failing retry keeps trace and HAR without secrets, and says why there is no video', async () => {
  const root = mkdtempSync(join(tmpdir(), 'throughline-web-'));
  try {
    const { events } = await walkText(
      `title: Twice
retry: 1
steps:
  - web.open: ${url}/twins?key=seven-green-bottles
  - web.fill: { label: Code, value: "seven-green-bottles" }
  - web.see: nothing of the kind
    within: 300ms
`,
      {
        drivers,
        secret: ['seven-green-bottles'],
        settings: { video: true },
        world: { root, within: { step: 20_000, walk: 60_000, finally: 1_000 } },
      },
    );
    const folder =
      events.flatMap((event) => (event.type === 'walk.started' ? [join(root, event.folder)] : []))[0] ?? '';
    const files = events.flatMap((event) =>
      event.type === 'step.noted' && event.note.type === 'file' ? [event.note] : [],
    );
    const kept = (end: string) => files.filter(({ path }) => path.endsWith(end)).map(({ path }) => join(folder, path));
    expect(kept('trace.zip')).toHaveLength(2);
    expect(kept('.har')).toHaveLength(1);
    for (const path of kept('.har')) expect(readFileSync(path, 'utf8')).not.toContain('seven-green-bottles');
    for (const path of kept('.zip'))
      for (const bytes of Object.values(unzipSync(readFileSync(path))))
        expect(Buffer.from(bytes).toString('latin1')).not.toContain('seven-green-bottles');
    for (const path of kept('.webm.txt'))
      expect(readFileSync(path, 'utf8')).toMatch(/ffmpeg is missing: npx playwright/);
    expect([...kept('.webm'), ...kept('.webm.txt')]).toHaveLength(2);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
