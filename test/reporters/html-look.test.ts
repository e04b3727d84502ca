import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemChromium } from '../../core/chromium.ts';
import type { Event } from '../../core/event.ts';
import type { History } from '../../core/history.ts';
import { style } from '../../reporters/html/style.ts';
import html from '../../reporters/html.ts';
import { Candidate } from '../../runners/gate/candidate.ts';
import { judgeCandidate } from '../../runners/gate/gate.ts';
import { Store } from '../../store/store.ts';
import { walkText } from '../kit/stage.ts';
import { toyDriver } from '../kit/toy.ts';
import { runOf } from '../store/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'throughline-look-'));
let browser: Browser;
let store: Store;
beforeAll(async () => {
  const executablePath = systemChromium({ headless: true });
  browser = await chromium.launch({ args: ['--no-sandbox'], ...(executablePath ? { executablePath } : {}) });
  store = await Store.open(join(folder, 'store'));
});
afterAll(async () => {
  await browser.close();
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function report(name: string, events: Iterable<Event>, history?: History): Promise<string> {
  const path = join(folder, name);
  const root = join(folder, 'store');
  mkdirSync(root, { recursive: true });
  {
    const place = { path, root, tty: false, color: false, columns: 100, env: {}, now: () => 0 };
    await using reporter = await html.open({
      ...place,
      stream: { write: () => true },
      ...(history === undefined ? {} : { history }),
    });
    for (const event of events) reporter.on(event);
  }
  return path;
}

const hour = 3_600_000;
const start = Date.UTC(2026, 10, 20, 9);

async function remember(run: string, at: number, walks: readonly { readonly ms: number }[]): Promise<void> {
  await using ledger = store.ledger();
  for (const event of runOf({ run, at, walks })) ledger.on(event);
}

const around = (ms: number, n: number) => ({ ms: ms * (1 + 0.02 * ((n % 5) - 2)) });
const five = (ms: number) => [0, 1, 2, 3, 4].map((n) => around(ms, n));

test('a late step shows its history: dots, band, change; the gate shows before and after; told again it is the same', async () => {
  for (let n = 0; n < 8; n += 1) await remember(`before${n}`, start + n * hour, five(600 + 5 * (n % 3)));
  await store.markers.add('one', { name: 'CRM <release> 9', at: start + 8.5 * hour, scope: ['bot'] });
  await remember('after0', start + 9 * hour, five(900));
  const at = start + 10 * hour;
  const events = [...runOf({ run: 'now', at, walks: five(905).map((walk) => ({ ...walk, status: 'degraded' })) })];
  await using candidate = new Candidate();
  for (const event of events) candidate.on(event);
  const { findings, shut } = await judgeCandidate(candidate, store.history, { since: start + 8.5 * hour });
  expect(shut).toBe(true);
  const told: Event[] = findings.map((finding, n) => ({
    v: 1,
    at,
    run: 'now',
    seq: 900 + n,
    type: 'finding',
    finding,
  }));
  const all = [...events.slice(0, -1), ...told, ...events.slice(-1)];
  const written = readFileSync(await report('gate.html', all, store.history), 'utf8');
  expect(written).toContain('gate shut, exit 4');
  expect(written).toContain('CRM &lt;release&gt; 9');
  expect(written).toMatch(/median 60\d ms before, 90\d ms after/);
  const captions = [...written.matchAll(/<figcaption>([^<]*)/g)].map(([, text]) => text).join('\n');
  expect(captions).toMatch(/this step, last 50 walks: usually 5\d\d ms to 6\d\d ms; now ×1\.[45]\d \(95 % CI/);
  expect(captions).toMatch(/this step, last 45 walks: usually 5\d\d ms to/);
  expect(written).toContain('5 degraded');
  expect(written.match(/<article/g)).toHaveLength(2);

  {
    await using ledger = store.ledger();
    for (const event of all) ledger.on(event);
  }
  await remember('later', at + hour, five(5000));
  expect(readFileSync(await report('again.html', all, store.history), 'utf8')).toBe(written);
});

test('a history over more than one decade is drawn on a log scale, what failed is marked as failed', async () => {
  const walks = [20, 25, 30, 400, 450].map((ms) => ({ ms }));
  await remember('wide0', start + 100 * hour, walks);
  {
    await using ledger = store.ledger();
    for (const event of runOf({ run: 'wide1', at: start + 101 * hour, walks: [{ ms: 30, status: 'failed' }] }))
      ledger.on(event);
  }
  const now = runOf({ run: 'wide2', at: start + 102 * hour, walks: [{ ms: 90, status: 'degraded' }] });
  const written = readFileSync(await report('log.html', now, store.history), 'utf8');
  expect(written).toMatch(/; ✕ failed in 1 \(logarithmic\)</);
  expect(written).toContain('✕<title>');
});

const long = `${'Anschlussinhaberwechselbestätigung'.repeat(9)} ${'שלום, איך אפשר לעזור? '.repeat(8)}`;

test('long, right-to-left and many: nothing is wider than a phone, nothing needs a script, a green run fits a screen', async () => {
  const { events } = await walkText(
    `title: ${JSON.stringify(long)}
steps:
  - toy.say: ${JSON.stringify(long)}
  - toy.wait: 10ms
    title: ${JSON.stringify(long)}
    target: 1ms
  - toy.fail: ${JSON.stringify(long)}
`,
    { drivers: new Map([['toy', toyDriver()]]) },
  );
  const [head] = runOf({ run: 'run', at: start, walks: [] });
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, javaScriptEnabled: false });
  await page.goto(`file://${await report('long.html', [head as Event, ...events])}`);
  const wide = page.locator('html');
  expect(await wide.evaluate((node) => node.scrollWidth)).toBeLessThanOrEqual(390);
  await page.getByText('expected', { exact: true }).first().waitFor();
  await page.locator('.talk p[dir=auto]').first().waitFor();

  const green = Array.from({ length: 10 }, (_, n) => [
    ...runOf({ run: 'run', at: start + n, journey: `shop/answer-${n}`, walks: [{ ms: 500 }], ended: false }),
  ]).flat();
  const unique = green.map((event) => ('journey' in event ? { ...event, walk: event.journey } : event));
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`file://${await report('green.html', unique)}`);
  expect(await page.locator('details.line').count()).toBe(10);
  expect(await wide.evaluate((node) => node.scrollHeight)).toBeLessThanOrEqual(900);
  await page.locator('details.line summary').first().click();
  await page.locator('details.line').first().getByText('1 steps').waitFor();
  await page.close();
});

test('contrast is AA in both schemes: texts 4.5, what is drawn 3', () => {
  const [light = '', dark = ''] = [...style.matchAll(/:root\{(?:color-scheme:light dark;)?(--paper[^}]*)\}/g)].map(
    ([, body = '']) => body,
  );
  expect(dark).toContain('--paper');
  for (const body of [light, dark]) {
    const colours = Object.fromEntries([...body.matchAll(/--(\w+):(#[0-9a-f]+)/g)].map(([, name, hex]) => [name, hex]));
    const grounds = ['paper', 'card', 'track', 'ours'];
    const low = (front: readonly string[], back: readonly string[], least: number) =>
      front.flatMap((one) =>
        back.flatMap((ground) => {
          const ratio = contrast(String(colours[one]), String(colours[ground]));
          return ratio < least ? [`${one} on ${ground}: ${ratio.toFixed(2)}`] : [];
        }),
      );
    expect(low(['ink', 'soft'], grounds, 4.5)).toEqual([]);
    expect(low(['passed', 'degraded', 'failed', 'broken', 'skipped', 'mark'], ['paper', 'card'], 4.5)).toEqual([]);
    expect(low(['dot', 'said', 'mark', 'failed', 'degraded', 'bar'], ['card', 'track'], 3)).toEqual([]);
  }
});

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replaceAll(/[0-9a-f]/g, '$&$&') : hex;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(full.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
