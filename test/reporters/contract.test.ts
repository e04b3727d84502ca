import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { discover } from '../../core/discover.ts';
import { SpecError } from '../../core/errors.ts';
import type { Event, Finding, Note, StepEnded, WalkStarted } from '../../core/event.ts';
import type { ReporterPart } from '../../core/reporter.ts';
import { writeWav } from '../../telephony/evidence/wav.ts';
import { nastyRun } from './stream.ts';

const parts = await discover<ReporterPart>(new URL('../../reporters/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'throughline-reporters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let events: readonly Event[];
beforeAll(async () => {
  events = await nastyRun();
});

interface Told {
  readonly printed: string;
  readonly written: string;
  /** ms of the slowest `on`, median over events. */
  readonly median: number;
}

async function tell(part: ReporterPart, told: readonly Event[], name: string): Promise<Told> {
  const path = join(folder, name);
  if (existsSync(path)) rmSync(path);
  let printed = '';
  const times: number[] = [];
  const root = join(folder, 'store');
  mkdirSync(root, { recursive: true });
  {
    await using reporter = await part.open({
      path,
      root,
      stream: { write: (text) => (printed += text) },
      tty: false,
      color: false,
      columns: 100,
      env: {},
      now: () => Date.now(),
    });
    for (const event of told) {
      const from = performance.now();
      reporter.on(event);
      times.push(performance.now() - from);
    }
  }
  const written = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return { printed, written, median: times.sort((a, b) => a - b)[times.length >> 1] ?? 0 };
}

describe.each([...parts])('%s', (name, part) => {
  test('says the same live and replayed, and says something', async () => {
    const live = await tell(part, events, 'same');
    const stored = events.map((event) => JSON.parse(JSON.stringify(event)) as Event);
    const replayed = await tell(part, stored, 'same');
    expect(live.printed + live.written).not.toBe('');
    expect({ ...replayed, median: 0 }).toEqual({ ...live, median: 0 });
  });

  test('passes over events that it does not know, and over a stream that was cut anywhere', async () => {
    const stranger = { v: 1, type: 'run.dreamt', at: 1, run: 'run', seq: 9 } as unknown as Event;
    const plain = await tell(part, events, 'strange');
    if (name !== 'ndjson') {
      const mixed = await tell(
        part,
        events.flatMap((event) => [event, stranger]),
        'strange',
      );
      expect(mixed.printed + mixed.written).toBe(plain.printed + plain.written);
    }
    for (let cut = 0; cut < events.length; cut += 1) await tell(part, events.slice(0, cut), 'cut');
  });

  test('does not block', async () => {
    expect((await tell(part, events, 'quick')).median).toBeLessThan(5);
  });
});

test.each([...parts].filter(([name]) => name !== 'console'))(
  '%s: a place where nothing can be written is refused before the run',
  async (_, part) => {
    writeFileSync(join(folder, 'file'), '');
    await expect(tell(part, events, 'file/below')).rejects.toThrow(SpecError);
  },
);

test('junit is what the XSD of Ant allows, with every status where CI looks for it', async () => {
  const part = parts.get('junit') as ReporterPart;
  const { written } = await tell(part, events, 'junit.xml');
  const schema = readFileSync('test/fixtures/junit.xsd', 'utf8');
  const { errors } = await validateXML({ xml: [{ fileName: 'junit.xml', contents: written }], schema });
  expect(errors).toEqual([]);
  expect(written).toMatch(/tests="6" failures="1" errors="1" skipped="1"/);
  for (let cut = 1; cut < events.length; cut += 5) {
    const { written: less } = await tell(part, events.slice(0, cut), 'junit.xml');
    expect((await validateXML({ xml: [{ fileName: 'cut.xml', contents: less }], schema })).errors).toEqual([]);
  }
});

test('html: nothing of the contact centre becomes markup, and nothing is loaded from elsewhere', async () => {
  const { written } = await tell(parts.get('html') as ReporterPart, events, 'report.html');
  expect(written).toContain('&lt;img src=x');
  expect(written).not.toContain('<img src=x');
  expect(written.match(/<\/script>/g)?.length ?? 0).toBe(written.match(/<script/g)?.length ?? 0);
  expect(written).not.toMatch(/(src|href)="(https?:)?\/\//);
});

test('html: good walks of one journey are told together, each with its time; what deviates stands alone', async () => {
  const copies = ['first', 'second', 'third'].flatMap((walk, n) =>
    events
      .filter(({ type }) => /^(walk|attempt)\.(started|ended)$/.test(type))
      .map((event) => ({ ...event, walk, row: n + 1, journey: 'good', ...(event.type === 'walk.ended' ? good : {}) })),
  ) as Event[];
  const [head, ...rest] = events as [Event, ...Event[]];
  const { written } = await tell(parts.get('html') as ReporterPart, [head, ...copies, ...rest], 'several.html');
  expect(written).toContain('3 passed');
  expect(written.match(/<article/g)).toHaveLength(3);
  expect(written).toMatch(/row 1<.*row 2<.*row 3</s);
});

test('html: a call is shown where it happened: the sound of a late step, lines that play, the ladder with its figures', async () => {
  const late = events.find((event) => event.type === 'step.ended' && event.step === 'late') as StepEnded;
  const { folder: walk } = events.find((event) => event.type === 'walk.started') as WalkStarted;
  const voice = join(folder, 'store', walk, 'voice');
  mkdirSync(voice, { recursive: true });
  const spoken = (n: number) => n < 4000 || n > 16_000;
  const second = Int16Array.from({ length: 24_000 }, (_, n) => (spoken(n) ? Math.round(9000 * Math.sin(n / 5)) : 0));
  writeFileSync(join(voice, 'customer-1.wav'), writeWav({ rate: 8000, channels: [second, second] }));
  const ladder = {
    about: 'customer ⇄ bank · PCMU · MOS 4.38',
    parties: ['customer', 'bank'],
    messages: [{ at: late.origin, from: 'customer', to: 'bank', label: 'INVITE billing (SDP: PCMU)' }],
  };
  writeFileSync(join(voice, 'customer.ladder.json'), JSON.stringify(ladder));
  const { step: _step, ...head } = { ...late, type: 'step.noted', actor: 'customer' };
  const notes: Note[] = [
    { type: 'talk', who: 'customer', text: 'hello there', ours: true, at: late.origin + 300 },
    { type: 'talk', who: 'bank', text: 'yes please', ours: false, at: late.origin + 2000 },
    { type: 'file', path: 'voice/customer-1.wav', mime: 'audio/wav', at: late.origin },
    { type: 'file', path: 'voice/customer.ladder.json', mime: 'application/vnd.throughline.ladder+json' },
  ];
  const told = events.flatMap((event): Event[] => {
    if (event.type === 'step.started' && event.step === 'late') return [{ ...event, action: 'voice.hear' }];
    return event === late ? [event, ...notes.map((note) => ({ ...head, note }) as Event)] : [event];
  });
  const { written } = await tell(parts.get('html') as ReporterPart, told, 'call.html');
  expect(written).toContain('the sound of this step');
  const [, id] = /data-play="([^"]+)" data-at="0.10">hello there/.exec(written) ?? [];
  expect(written).toContain(`<audio controls preload="none" data-sound="${id}"`);
  expect(written).toMatch(/1\.50 s of silence<\/small><p[^>]*>yes please/);
  expect(written).toContain('customer ⇄ bank · PCMU · MOS 4.38');
  expect(written).toContain('INVITE billing (SDP: PCMU)');
});

const good = { status: 'passed', ms: 700, flaky: false };

test('github: one annotation a line, commands cannot be smuggled in', async () => {
  const { printed, written } = await tell(parts.get('github') as ReporterPart, events, 'summary.md');
  const lines = printed.trimEnd().split('\n');
  expect(lines.every((line) => /^::(error|warning|notice) /.test(line))).toBe(true);
  expect(lines.find((line) => line.startsWith('::warning'))).toMatch(/file=.*test\.yaml,line=5,col=\d+,title=degraded/);
  expect(written).not.toContain('<img');
});

test('what a gate finds likely fails nothing, what it confirms does, in the words of what happened', async () => {
  const [started] = events;
  const judged = (confirmed: boolean): readonly Event[] => {
    const head = { v: 1, run: 'run', at: (started?.at ?? 0) + 1 } as const;
    const finding: Finding = {
      kind: 'gate',
      status: 'regressed',
      journey: 'test',
      step: 'answer',
      title: 'hear: an answer',
      layer: 'bot',
      owner: 'bot-team',
      sentence: `“hear: an answer” rose from 1 s to 2 s (typical value +100 %, 95 % CI +80 to +120 %), which is worse; 40 before, 10 after`,
      details: { confirmed },
    };
    const walks = { passed: 1, degraded: 0, failed: 0, broken: 0, skipped: 0 };
    const ended = { status: 'passed', ms: 9, walks, interrupted: false, exit: confirmed ? 4 : 0 } as const;
    return [
      ...(started ? [started] : []),
      { ...head, seq: 1, type: 'finding', finding },
      { ...head, seq: 2, type: 'run.ended', ...ended },
    ];
  };
  const told = async (name: string, confirmed: boolean) => {
    const { printed, written } = await tell(parts.get(name) as ReporterPart, judged(confirmed), `judged.${name}`);
    return printed + written;
  };
  expect(await told('junit', true)).toContain('failures="1"');
  expect(await told('junit', false)).toMatch(/failures="0".*which is worse/s);
  expect(await told('github', true)).toMatch(/^::error .*## ✕ Regressed: “hear: an answer” rose from 1 s to 2 s\n/s);
  const likely = /✓ Passed: “hear: an answer” rose from 1 s to 2 s, likely but not confirmed\n/;
  expect(await told('github', false)).toMatch(new RegExp(`^::warning .*## ${likely.source}`, 's'));
  expect(await told('console', false)).toMatch(likely);
});

test('log: each line is whole JSON with time, level and words; a finding names layer, owner and the trace of its walk', async () => {
  const part = parts.get('log') as ReporterPart;
  const { written } = await tell(part, events, 'run.log');
  const lines = written
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { traceparent } = events.find((event) => event.type === 'walk.started') as WalkStarted;
  for (const line of lines) expect(line).toMatchObject({ time: expect.stringMatching(/Z$/), msg: expect.any(String) });
  const found = events.flatMap((event) => (event.type === 'finding' ? [event.finding.sentence] : []));
  const told = lines.filter(({ kind }) => kind === 'step');
  expect(told.map(({ msg }) => String(msg).split('. Layer')[0]?.split('. That is')[0])).toEqual(found);
  expect(told[0]).toMatchObject({
    level: 'warn',
    status: 'degraded',
    owner: 'crm-team',
    trace: traceparent.split('-')[1],
  });
});
