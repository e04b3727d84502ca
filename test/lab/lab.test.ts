import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SpecError } from '../../core/errors.ts';
import { startLab } from '../../lab/lab.ts';
import { customers } from '../../lab/people.ts';
import { ChatClient } from './chat-client.ts';

const refusalOf = async (start: Promise<AsyncDisposable>): Promise<SpecError> => {
  try {
    await using _ = await start;
  } catch (error) {
    if (error instanceof SpecError) return error;
    throw error;
  }
  throw new Error('it started');
};

describe('starting and stopping', () => {
  test('a port in use is named, with the way out and the lab that holds it', async () => {
    await using lab = await startLab();
    const { message } = await refusalOf(startLab({ port: lab.port }));
    expect(message.replaceAll(String(lab.port), 'PORT').replaceAll(String(process.pid), 'PID')).toMatchInlineSnapshot(`
      "port PORT on 127.0.0.1 is in use by another lab (process PID)
          hint: choose another with --port (--port 0 takes a free one), or stop whoever holds it"
    `);
    const other = createServer((_, response) => response.end('not a lab'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = other.address() as AddressInfo;
      const refused = await refusalOf(startLab({ port }));
      expect(refused.message).toContain(`port ${port} on 127.0.0.1 is in use\n`);
    } finally {
      other.close();
    }
  });

  test('no port, unknown fault, bad value: refused before anything listens', async () => {
    expect((await refusalOf(startLab({ port: 70_000 }))).message).toMatchInlineSnapshot(`
      "70000 is no port
          hint: take one from 1 to 65535, or 0 for a free one"
    `);
    expect((await refusalOf(startLab({ faults: { 'crm.slo': '4s' } }))).message).toMatchInlineSnapshot(`
      "there is no fault \`crm.slo\`
          hint: did you mean \`crm.slow\`?"
    `);
    expect((await refusalOf(startLab({ faults: { 'crm.slow': '25h' } }))).message).toMatchInlineSnapshot(`
      "fault \`crm.slow\` does not take \`25h\`
          hint: 24h at most"
    `);
    expect((await refusalOf(startLab({ faults: { 'crm.slow': 'very' } }))).message).toMatchInlineSnapshot(`
      "fault \`crm.slow\` does not take \`very\`
          hint: write a duration such as 4s or 500ms"
    `);
    expect((await refusalOf(startLab({ faults: { 'sign-in.broken': 'x' } }))).message).toMatchInlineSnapshot(`
      "fault \`sign-in.broken\` does not take \`x\`
          hint: it takes refused or 500"
    `);
    expect((await refusalOf(startLab({ faults: { 'bot.silent': '4s' } }))).message).toMatchInlineSnapshot(`
      "fault \`bot.silent\` does not take \`4s\`
          hint: it has no value: name it alone to switch it on"
    `);
  });

  test('closing ends open sockets, event streams and slow answers', async () => {
    const lab = await startLab({ faults: { 'bot.slow-first-token': '1h', 'crm.slow': '1h' } });
    await using customer = await ChatClient.open(lab.url);
    await customer.hello('visitor');
    customer.say('I want to dispute a charge of 1.00');
    await customer.until((frame) => frame.type === 'typing');
    const events = await fetch(`${lab.url}/desk/agents/alice/events`);
    const read = events.text().catch(() => 'cut');
    const closed = customer.closed();
    await lab[Symbol.asyncDispose]();
    expect(await closed).toBe(1006);
    await read;
    await expect(fetch(`${lab.url}/health`)).rejects.toThrow();
  });

  test('the log tells each request with its mark', async () => {
    const lines: string[] = [];
    await using lab = await startLab({ log: (line) => lines.push(line) });
    await fetch(`${lab.url}/health`, { headers: { 'x-synthetic-journey': 'a/b; run=1; walk=2' } });
    await expect.poll(() => lines.at(-1)).toMatch(/^GET \/health 200 \d+ ms \(a\/b; run=1; walk=2\)$/);
  });
});

describe('fault switches', () => {
  const put = (url: string, body?: string) => fetch(url, { method: 'PUT', ...(body === undefined ? {} : { body }) });

  test('are listed, set and cleared while the lab runs', async () => {
    await using lab = await startLab({ faults: { 'bot.silent': '' } });
    const list = (await (await fetch(`${lab.url}/faults`)).json()) as { name: string; current: string | null }[];
    expect(list.filter((row) => row.current !== null)).toMatchObject([{ name: 'bot.silent', current: 'on' }]);
    expect(list.find((row) => row.name === 'crm.slow')).toEqual({
      name: 'crm.slow',
      about: expect.any(String),
      layer: 'crm',
      takes: 'duration',
      default: '4s',
      values: null,
      current: null,
    });
    const url = `${lab.url}/faults/crm.slow`;
    expect(await (await put(url)).json()).toMatchObject({ current: '4s' });
    expect(await (await put(url, '250ms')).json()).toMatchObject({ current: '250ms' });
    expect(await (await put(url, '{"value":"1.5s"}')).json()).toMatchObject({ current: '1.5s' });
    expect(await (await put(`${url}?value=2m`)).json()).toMatchObject({ current: '2m' });
    expect(lab.faults.ms('crm.slow')).toBe(120_000);
    expect(await (await fetch(url, { method: 'DELETE' })).json()).toMatchObject({ current: null });
    expect(lab.faults.ms('crm.slow')).toBeUndefined();
    expect((await put(`${lab.url}/faults/crm.slwo`)).status).toBe(404);
    expect((await put(url, 'soon')).status).toBe(400);
    expect(await (await fetch(lab.url)).text()).toContain('crm.duplicates-case');
  });
});

test('journeys know the customers that the bank knows', () => {
  const file = (name: string) => readFileSync(new URL(`../../journeys/people/${name}`, import.meta.url), 'utf8');
  const rows = customers.map(({ name, phone, number, pin, charges, adviser }) =>
    [name, phone, number, pin, ((charges[0]?.pence ?? 0) / 100).toFixed(2), adviser].join(','),
  );
  expect(file('customers.csv')).toBe(['name,phone,number,pin,charge,adviser', ...rows, ''].join('\n'));
});
