import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../../store/store.ts';
import { Project } from '../kit/project.ts';
import { runOf } from '../store/run.ts';

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
  expect(head).toBe('series,timestamp,value,batch,outcome');
  expect(first).toMatch(/^shop\/answer answer,\d{13},500,"job 0, ""nightly""",passed$/);
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
  expect((await made.run(['export'])).out).toBe('series,timestamp,value,batch,outcome\n');
});
