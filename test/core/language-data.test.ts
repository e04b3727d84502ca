import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { rows } from '../../core/rows.ts';
import { Stage } from '../kit/stage.ts';
import { bad, readText, steps } from './bad-journey.ts';

bad(
  'a CSV that is not there',
  steps('- chat.say: hi ${customer.name}', 'data: { file: people/custmers.csv }\n'),
  { schema: 'passes', also: { 'people/customers.csv': 'name\nAda\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 there is no file journeys/people/custmers.csv
          data: { file: people/custmers.csv }
          hint: did you mean \`customers.csv\`?"
    `),
);
bad(
  'a CSV that is a folder',
  steps('- chat.say: hi ${customer.name}', 'data: { file: people }\n'),
  { schema: 'passes', also: { 'people/customers.csv': 'name\nAda\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 people is a folder
          data: { file: people }
          hint: name a CSV in it"
    `),
);
bad(
  'rows that are neither one nor all',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv, rows: some }\n'),
  { schema: 'rejects', also: { 'c.csv': 'name\nAda\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:28 \`data.rows\`: expected one or all
          data: { file: c.csv, rows: some }"
    `),
);
bad(
  'data that is a text',
  steps('- chat.say: hi ${customer.name}', 'data: c.csv\n'),
  { schema: 'rejects', also: { 'c.csv': 'name\nAda\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:7 \`data\`: expected a mapping, got a text
          data: c.csv"
    `),
);
bad(
  'a secret column that is not there',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv, secret: [pni] }\n'),
  { schema: 'passes', also: { 'c.csv': 'name,pin\nAda,1234\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:3:30 c.csv has no column \`pni\`
      data: { file: c.csv, secret: [pni] }
      hint: did you mean \`pin\`?"
`),
);
bad(
  'a column that the CSV has not',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': 'nme,pin\nAda,1234\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:5:15 \${customer.name} has no value
      - chat.say: hi \${customer.name}
      hint: did you mean \`nme\`?"
`),
);
bad(
  'an empty CSV',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': '' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 c.csv is empty
          data: { file: c.csv }
          hint: its first line names the columns"
    `),
);
bad(
  'a CSV without rows',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': 'name,pin\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:3:15 c.csv has no rows below its header
        data: { file: c.csv }"
  `),
);
bad(
  'a CSV without a header',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': 'Ada Lovelace,1234\nBob,2345\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 c.csv:1: column 1 is called “Ada Lovelace”
          data: { file: c.csv }
          hint: letters, digits, _ and -; the first line names the columns"
    `),
);
bad(
  'a CSV with a column twice',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': 'name,pin,name\nAda,1,2\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 c.csv:1: the column name is there twice
          data: { file: c.csv }
          hint: each column has a name of its own"
    `),
);
bad(
  'a CSV with a header that is not UTF-8',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': Buffer.from('name,prénom\nAda,A\n', 'latin1') } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 c.csv:1: bytes that are not UTF-8
          data: { file: c.csv }
          hint: save the file as UTF-8"
    `),
);
bad(
  'a CSV with a row that is not UTF-8',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': Buffer.from('name,pin\nAda,1\nJosé,2\n', 'latin1') } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 c.csv:3: bytes that are not UTF-8
          data: { file: c.csv }
          hint: save the file as UTF-8"
    `),
);
bad(
  'a CSV that is a picture',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex') } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 c.csv:1: bytes that are not UTF-8
          data: { file: c.csv }
          hint: save the file as UTF-8"
    `),
);
bad(
  'a row with a column too few',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': 'name,pin\nAda,1\nBob\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 c.csv:3: 1 value for 2 columns
          data: { file: c.csv }
          hint: they are name, pin"
    `),
);
bad(
  'a row with a column too many',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': 'name,pin\nAda,1\nBob,2,3\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 c.csv:3: 3 values for 2 columns
          data: { file: c.csv }
          hint: they are name, pin"
    `),
);
bad(
  'a quote in a CSV that does not end',
  steps('- chat.say: hi ${customer.name}', 'data: { file: c.csv }\n'),
  { schema: 'passes', also: { 'c.csv': 'name,pin\nAda,1\n"Bob,2\nCy,3\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:15 c.csv: row 2 has a quote that is never closed
          data: { file: c.csv }
          hint: put the whole value in quotes, and write a quote inside it twice"
    `),
);

test.each([
  ['commas', 'name,pin\nAda,0042\nBob,7\n'],
  ['semicolons', 'name;pin\nAda;0042\nBob;7\n'],
  ['a mark at the start, as a spreadsheet writes it', '\uFEFFname;pin\r\nAda;0042\r\nBob;7\r\n'],
  ['quotes, blanks and empty lines', '"name", pin\n"Ada" ,"0042"\n\n  Bob,7'],
])('a CSV with %s', async (_, text) => {
  const also = { 'c.csv': text };
  const { data } = await readText(
    steps('- chat.say: ${customer.name} ${customer.pin}', 'data: { file: c.csv }\n'),
    also,
  );
  expect(data?.columns).toEqual(['name', 'pin']);
  using stage = new Stage();
  const all: unknown[] = [];
  for await (const row of rows(stage.write('c.csv', text), { columns: ['name', 'pin'] })) all.push(row);
  expect(all).toEqual([
    { number: 1, values: { name: 'Ada', pin: '0042' } },
    { number: 2, values: { name: 'Bob', pin: '7' } },
  ]);
});

test('rows are a stream: the file is let go when nobody wants more', async () => {
  using stage = new Stage();
  const many = Array.from({ length: 200_000 }, (_, n) => `name ${n},${n}\n`).join('');
  const path = stage.write('c.csv', `name,pin\n${many}`);
  let last = 0;
  for await (const { number } of rows(path, { columns: ['name', 'pin'] })) {
    last = number;
    if (number === 3) break;
  }
  expect(last).toBe(3);
  await vi.waitFor(() => expect(openFiles()).not.toContain(path));
});

/** What Linux says of this process; elsewhere nothing can be said. */
function openFiles(): string[] {
  if (!existsSync('/proc/self/fd')) return [];
  return readdirSync('/proc/self/fd').flatMap((id) => {
    try {
      return readlinkSync(`/proc/self/fd/${id}`);
    } catch {
      return [];
    }
  });
}
