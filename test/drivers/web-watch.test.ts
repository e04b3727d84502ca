import { afterAll, beforeAll, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { stopped, walkText } from '../kit/stage.ts';
import { openPages, type Pages } from './web-pages.ts';

const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));

let site: Pages;
let url: string;
beforeAll(async () => {
  site = await openPages();
  url = site.url;
});
afterAll(() => site[Symbol.asyncDispose]());

const watched = (whenever: string, steps: string) =>
  walkText(`title: A page\nwhenever:\n${whenever}steps:\n  - web.open: ${url}/\n${steps}`, {
    drivers,
    world: { within: { step: 60_000, walk: 120_000, finally: 2_000 } },
  });
const toast = '{ role: alert, text: went wrong }';

test('watchers look through navigations and tabs, beside the steps, and find out while the journey goes on', async () => {
  const rest = '  - pause: 100ms\n'.repeat(300);
  const [calm, wrong] = await Promise.all([
    watched(
      `  - web.see: Terms and conditions\n  - web.not-see: ${toast}\n`,
      `  - web.open: ${url}/toast\n  - web.click: Terms\n  - web.see: Terms and conditions\n`,
    ),
    watched(
      `  - web.not-see: ${toast}\n    id: no-toast\n`,
      `  - web.open: ${url}/toast\n  - web.click: Pay\n  - web.see: ${toast}\n    id: toast\n${rest}`,
    ),
  ]);
  expect(calm.ended.map(({ status }) => status)).toEqual(Array(6).fill('passed'));
  expect(wrong.statuses).toMatchObject({ 'no-toast': 'failed', toast: 'passed', 'pause#300': 'skipped' });
  expect(wrong.ended.find(({ step }) => step === 'no-toast')?.trouble).toMatchObject({
    kind: 'failure',
    message: 'alert with “went wrong” was on the page',
    came: `alert with “went wrong” on ${url}/toast`,
  });
});

test('what the last step brought about is seen by the watchers, at once as it comes', async () => {
  const paid = `  - web.open: ${url}/toast\n  - web.click: Pay\n`;
  const [met, sight, unmet] = await Promise.all([
    watched(`  - web.see: ${toast}\n    id: toast\n`, paid),
    watched(`  - web.not-see: ${toast}\n    id: no-toast\n`, paid),
    watched(`  - web.see: nobody writes this\n    id: unmet\n    soft: true\n`, paid),
  ]);
  expect(met.statuses).toEqual({
    toast: 'passed',
    'web.open': 'passed',
    'web.open#2': 'passed',
    'web.click': 'passed',
  });
  expect(sight.statuses).toMatchObject({ 'no-toast': 'failed', 'web.click': 'passed' });
  expect(unmet.ended.find(({ step }) => step === 'unmet')).toMatchObject({
    status: 'failed',
    trouble: { kind: 'failure', message: 'it never came', came: `${url}/toast without it at the end` },
  });
});

test('a page that hangs at the end fails its watchers and says so; an interrupt asks it nothing', async () => {
  const interrupt = new AbortController();
  const [hung, stopping] = await Promise.all([
    watched(
      `  - web.not-see: ${toast}\n    id: no-toast\n`,
      `  - web.open: ${url}/toast\n  - web.click: Hang\n    soft: true\n    within: 2s\n`,
    ),
    walkText(
      `title: A page\nwhenever:\n  - web.see: ${toast}\n    id: toast\n  - web.not-see: ${toast}\n    id: no-toast\nsteps:\n  - web.open: ${url}/toast\n  - pause: 10m\n    within: 20m\n`,
      { drivers, interrupt, on: (event) => event.type === 'step.ended' && interrupt.abort(stopped()) },
    ),
  ]);
  expect(hung.ended.find(({ step }) => step === 'no-toast')).toMatchObject({
    status: 'failed',
    trouble: { kind: 'failure', message: 'the page did not answer' },
  });
  expect(stopping.statuses).toMatchObject({ toast: 'skipped', 'no-toast': 'skipped', pause: 'skipped' });
});
