import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../../store/store.ts';
import { Project } from '../kit/project.ts';
import { runOf } from '../store/run.ts';

const columns =
  'series,timestamp,value,batch,outcome,journey,step,environment,location,trigger,variant,run,walk,status,commit';

function project(): Project {
  const made = new Project();
  onTestFinished(() => made[Symbol.dispose]());
  return made;
}

async function remembering(runs: number): Promise<Project> {
  const made = project();
  await using store = await Store.open(join(made.root, '.throughline'));
  await using ledger = store.ledger();
  const start = Date.now() - runs * 3_600_000;
  for (let n = 0; n < runs; n += 1) {
    const walks = [{ ms: 500 + (n % 7) * 10, ...(n === 3 ? { status: 'failed' as const } : {}) }];
    for (const event of runOf({ run: `run-${n}`, at: start + n * 3_600_000, walks, batch: `job ${n}, "nightly"` }))
      ledger.on(event);
  }
  return made;
}

test('what is exported can be analysed, and imported again with nothing lost', async () => {
  const made = await remembering(30);
  const out = await made.run(['export', '--out', 'samples.csv']);
  expect(out.out).toBe('30 rows in samples.csv\n');
  const [head, first] = made.read('samples.csv').split('\n');
  expect(head).toBe(columns);
  expect(first).toMatch(
    /^shop\/answer answer,\d{13},500,"job 0, ""nightly""",passed,shop\/answer,answer,test,here,ci,,run-0,run-0-1,passed,$/,
  );
  const analysed = await made.run(['analyze', 'samples.csv', '--kind', 'history', '--json']);
  expect(JSON.parse(analysed.out.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ series: 1, samples: 30 });
  const other = project();
  other.write('samples.csv', made.read('samples.csv'));
  expect((await other.run(['import', 'samples.csv'])).out).toMatch(/^samples\.csv: 30 samples in 30 new runs\n/);
  expect((await other.run(['import', 'samples.csv'])).out).toMatch(/in 0 new runs; 30 were there already/);
  const back = await other.run(['export']);
  expect(back.out.split('\n').toSorted()).toEqual(made.read('samples.csv').split('\n').toSorted());
});

test('a JUnit report', async () => {
  const made = project();
  made.write(
    'report.xml',
    `<?xml version="1.0"?><testsuites><testsuite name="checkout" timestamp="2026-11-20T10:00:00Z">
<testcase classname="shop.Checkout" name="pays &amp; leaves" time="1.25"/>
<testcase classname="shop.Checkout" name="cannot pay" time="0.5"><failure>no</failure></testcase>
<testcase classname="shop.Checkout" name="later"><skipped/></testcase></testsuite></testsuites>`,
  );
  expect((await made.run(['import', 'report.xml'])).out).toContain('2 samples in 1 new runs');
  const rows = (await made.run(['export'])).out;
  expect(rows).toContain(`shop.Checkout pays & leaves,${Date.parse('2026-11-20T10:00:00Z')},1250,`);
  expect(rows).toMatch(/shop\.Checkout cannot pay,\d+,,\d+,failed/);
});

test('samples of one moment are all kept, and what is no duration is not', async () => {
  const made = project();
  const rows = ['5,a', '5,a', '7,a', '-5,a', '0,b', '1e300,b', ',b'].map(
    (rest) => `shop pays,2026-11-20T10:00:00Z,${rest}\n`,
  );
  made.write('odd.csv', `series,timestamp,value,batch\n${rows.join('')}`);
  expect((await made.run(['import', 'odd.csv'])).out).toContain('5 samples in 2 new runs');
  expect((await made.run(['import', 'odd.csv'])).out).toContain('in 0 new runs; 2 were there already');
  const values = (await made.run(['export'])).out.split('\n').map((line) => line.split(',')[2]);
  expect(values.slice(1, -1).toSorted()).toEqual(['0', '1e+300', '5', '5', '7']);
});

test('points and summary of k6', async () => {
  const made = project();
  const point = (time: string, value: number) =>
    JSON.stringify({ type: 'Point', metric: 'http_req_duration', data: { time, value, tags: { name: 'home' } } });
  made.write(
    'points.json',
    [
      JSON.stringify({ type: 'Metric', metric: 'http_req_duration', data: { type: 'trend', contains: 'time' } }),
      JSON.stringify({ type: 'Metric', metric: 'vus', data: { type: 'gauge', contains: 'default' } }),
      JSON.stringify({ type: 'Point', metric: 'vus', data: { time: '2026-11-20T10:00:01Z', value: 5 } }),
      ...[10, 30, 20].map((value, n) => point(`2026-11-20T10:00:0${n}Z`, value)),
      point('2026-11-20T10:01:00Z', 40),
    ].join('\n'),
  );
  made.write(
    'summary.json',
    JSON.stringify({
      metrics: {
        iteration_duration: { contains: 'time', values: { med: 812.5 } },
        vus: { contains: 'default', values: { value: 1 } },
      },
    }),
  );
  expect((await made.run(['import', 'points.json', 'summary.json', '--at', '2026-11-20T11:00'])).out).toMatch(
    /points\.json: 2 samples in 2 new runs\nsummary\.json: 1 samples in 1 new runs/,
  );
  const rows = (await made.run(['export', '--journey', 'k6'])).out;
  expect(rows).toMatch(/k6 http_req_duration home,\d+,20,/);
  expect(rows).toMatch(/k6 iteration_duration,\d+,812\.5,/);
});

test.each([
  ['bad.xml', '<testsuites><testsuite>', /bad\.xml:\d+:\d+ /],
  ['other.xml', '<html></html>', /other\.xml:1:1 no testsuite/],
  ['bad.csv', 'series,timestamp,value\na,then,5\n', /bad\.csv:2:\d+/],
  ['bad.json', '{"type":"Metric"}\n{', /bad\.json:2:1/],
  ['empty.csv', 'series,timestamp,value\n', /holds no durations/],
  ['none.csv', undefined, /cannot read none\.csv/],
])('%s is refused, and nothing is written', async (name, text, said) => {
  const made = project();
  if (text !== undefined) made.write(name, text);
  const { code, err } = await made.run(['import', name]);
  expect(err).toMatch(said);
  expect(code).toBe(2);
  expect((await made.run(['export'])).out).toBe(`${columns}\n`);
});

const when = (iso: string) => Date.parse(iso);

test('reports of surefire, pytest, Playwright and Jest', async () => {
  const made = project();
  made.write(
    'surefire.xml',
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0" name="shop.CheckoutTest" time="1,234.567" tests="4">
<properties><property name="java.version" value="21"/></properties>
<testcase name="pays" classname="shop.CheckoutTest" time="1,234.5"/>
<testcase name="flickers" classname="shop.CheckoutTest" time="0.2"><flakyFailure message="x" type="y"><stackTrace>z</stackTrace></flakyFailure></testcase>
<testcase name="untimed" classname="shop.CheckoutTest"/>
<testcase name="fails" classname="shop.CheckoutTest" time="0.1"><error message="no">at &lt;init&gt;</error><system-out><![CDATA[<testcase name="not me" time="5"/>]]></system-out></testcase>
</testsuite>`,
  );
  made.write(
    'pytest.xml',
    `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="0" skipped="1" tests="2" time="0.5" timestamp="2026-11-20T10:00:00.250000" hostname="ci"><testcase classname="tests.test_api" name="test_get[a,b]" time="0.125" /><testcase classname="tests.test_api" name="test_later" time="0.0"><skipped type="pytest.skip" message="later">x</skipped></testcase></testsuite></testsuites>`,
  );
  made.write(
    'playwright.xml',
    `<testsuites id="" name="" tests="1" failures="0" time="3.1"><testsuite name="shop.spec.ts" timestamp="2026-11-20T10:05:00.000Z" hostname="chromium" tests="1" time="3"><testcase name="a customer › pays" classname="shop.spec.ts" time="3.0"></testcase></testsuite></testsuites>`,
  );
  made.write(
    'jest.xml',
    `<testsuites name="jest tests"><testsuite name="outer" timestamp="2026-11-20T12:00:00+02:00"><testsuite name="inner"><testcase classname="" name="adds" time="0.004"/></testsuite></testsuite></testsuites>`,
  );
  const names = ['surefire.xml', 'pytest.xml', 'playwright.xml', 'jest.xml'];
  const first = await made.run(['import', ...names, '--at', '2026-11-20T09:00']);
  expect(first.err).toBe('');
  // What has no time of its own is the same whenever it is read.
  const again = await made.run(['import', ...names, '--at', '2026-11-20T09:30']);
  expect(again.out.match(/in 0 new runs; 1 were there already/g)).toHaveLength(4);
  const rows = (await made.run(['export'])).out
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(',imported,')[0]?.replace(/,[^,]*,(passed|failed),.*/, ' $1'));
  expect(rows.toSorted()).toEqual(
    [
      `inner adds,${when('2026-11-20T10:00:00Z')},4 passed`,
      `shop.CheckoutTest fails,${when('2026-11-20T09:00:00Z')}, failed`,
      `shop.CheckoutTest flickers,${when('2026-11-20T09:00:00Z')}, failed`,
      `shop.CheckoutTest pays,${when('2026-11-20T09:00:00Z')},1234500 passed`,
      `shop.spec.ts a customer › pays,${when('2026-11-20T10:05:00Z')},3000 passed`,
      `"tests.test_api test_get[a,b]",${when('2026-11-20T10:00:00.250Z')},125 passed`,
    ].toSorted(),
  );
});

test('summaries of k6 in each of their forms, and points packed by gzip', async () => {
  const made = project();
  const flat = { metrics: { http_req_duration: { avg: 9, med: 8.5, 'p(95)': 12 }, http_reqs: { count: 3, rate: 1 } } };
  const listed = {
    version: '1.0.0',
    metadata: { generated_at: '2026-11-20T10:30:00Z' },
    results: { metrics: [{ name: 'http_req_duration', type: 'trend', contains: 'time', values: { med: 7.5 } }] },
  };
  made.write('flat.json', JSON.stringify(flat));
  made.write('listed.json', JSON.stringify(listed, null, 2));
  const point = { type: 'Point', metric: 'checkout', data: { time: '2026-11-20T10:00:01Z', value: 5 } };
  const lines = [{ type: 'Metric', metric: 'checkout', data: { type: 'trend', contains: 'time' } }, point];
  made.write('points.json.gz', gzipSync(lines.map((line) => `${JSON.stringify(line)}\r\n`).join('')));
  const { out, err } = await made.run(['import', 'flat.json', 'listed.json', 'points.json.gz', '--at', '2026-11-20']);
  expect(err).toBe('');
  expect(out.match(/1 samples in 1 new runs/g)).toHaveLength(3);
  const rows = (await made.run(['export'])).out;
  expect(rows).toContain(`k6 http_req_duration,${when('2026-11-20T00:00:00Z')},8.5,`);
  expect(rows).toContain(`k6 http_req_duration,${when('2026-11-20T10:30:00Z')},7.5,`);
  expect(rows).toContain(`k6 checkout,${when('2026-11-20T10:00:00Z')},5,`);
});

test('the events of a run that could not be remembered are remembered later, once', async () => {
  const made = project();
  const walks = [{ ms: 500 }, { ms: 600, status: 'failed' as const }, { ms: 700 }];
  const events = [...runOf({ run: '20261120T100000-abcdef', at: Date.now() - 3_600_000, walks })];
  const text = (some: readonly unknown[]) => some.map((event) => `${JSON.stringify(event)}\n`).join('');
  made.write('events.ndjson', text(events));
  // A first half, as a store that filled up has it: without two walks and without an end.
  made.write('half.ndjson', text(events.slice(0, 9)));
  expect((await made.run(['import', 'half.ndjson'])).out).toContain('1 walks of a run');
  expect((await made.run(['import', 'events.ndjson'])).out).toContain('3 walks of a run');
  expect((await made.run(['import', 'events.ndjson'])).out).toContain('0 walks; 3 were there already');
  expect((await made.run(['history', '--json'])).out).toMatch(/"status":"passed".*"walks":3,"passed":2/);
  const hostile = { ...events[0], run: '../../elsewhere' };
  made.write('hostile.ndjson', text([hostile]));
  expect((await made.run(['import', 'hostile.ndjson'])).err).toContain('hostile.ndjson:1:1 no run begins here');
});
