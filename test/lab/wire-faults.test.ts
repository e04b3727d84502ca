import { describe, expect, test } from 'vitest';
import { type FaultName, faultTable } from '../../lab/faults.ts';
import { type Lab, startLab } from '../../lab/lab.ts';
import { ChatClient, type Frame } from './chat-client.ts';

interface Record {
  readonly id: string;
  readonly subject: string;
  readonly customer: string;
  readonly tag: string;
}
interface Found {
  readonly status: number;
  readonly items: readonly Record[];
}

const ada = { phone: '+442079460018' };
const acknowledged = /I am opening a case for you about your charge of £42.17, reference (\d+)/;

async function cases(lab: Lab, more = ''): Promise<Found> {
  const answer = await fetch(`${lab.url}/crm/cases?phone=${encodeURIComponent(ada.phone)}${more}`);
  const { items = [] } = (await answer.json()) as { items?: Record[] };
  return { status: answer.status, items };
}

/** Disputes by chat and hears the acknowledgement; what the CRM and the desk show at that moment, and the reference. */
async function dispute(lab: Lab) {
  await using customer = await ChatClient.open(lab.url, { 'x-synthetic-journey': 'test/dispute' });
  await customer.hello('Ada', ada);
  const [said] = await customer.ask('I want to dispute a charge of 42.17', acknowledged);
  const [, reference = ''] = acknowledged.exec(String(said?.text)) ?? [];
  return { reference, ...(await cases(lab)), desk: await deskOf(lab, reference) };
}

async function deskOf(lab: Lab, reference: string): Promise<string> {
  const answer = await fetch(`${lab.url}/desk/cases/${reference}`);
  const name = /data-testid="customer">([^<]+)</.exec(await answer.text())?.[1];
  return `${answer.status} ${name}`;
}

async function talk(lab: Lab, text: string, last: RegExp, times = 1): Promise<readonly Frame[]> {
  await using customer = await ChatClient.open(lab.url);
  await customer.hello('visitor');
  return await customer.ask(text, last, times);
}

async function signIn(lab: Lab, pin = '4821'): Promise<Response> {
  const body = new URLSearchParams({ number: '100418', pin });
  return fetch(`${lab.url}/site/sign-in`, { method: 'POST', body, redirect: 'manual' });
}

const adaOnDesk = '200 Ada Whitfield';

describe('crm', () => {
  test('healthy: the case is there once, with subject, customer and mark, and can be forgotten', async () => {
    await using lab = await startLab();
    const { reference, desk } = await dispute(lab);
    await expect
      .poll(() => cases(lab, '&subject=Disputed%20charge&tag=test/dispute'))
      .toMatchObject({
        status: 200,
        items: [
          { id: reference, subject: 'Disputed charge', customer: 'Ada Whitfield', tag: 'test/dispute', status: 'open' },
        ],
      });
    expect(desk).toBe(adaOnDesk);
    expect((await fetch(`${lab.url}/crm/cases/${reference}`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(`${lab.url}/crm/cases/${reference}`)).status).toBe(404);
    const made = await fetch(`${lab.url}/crm/cases`, { method: 'POST', body: '{"subject":"Call back"}' });
    expect(made.status).toBe(201);
    const customers = await fetch(`${lab.url}/crm/customers?phone=${encodeURIComponent(ada.phone)}`);
    expect(await customers.json()).toEqual({
      items: [expect.objectContaining({ number: '100418', name: 'Ada Whitfield' })],
      total: 1,
    });
  });

  test('slow: acknowledged and on the desk at once, in the CRM only later, reads stay quick', async () => {
    await using lab = await startLab({ faults: { 'crm.slow': '1h' } });
    expect(await dispute(lab)).toMatchObject({ status: 200, items: [], desk: adaOnDesk });
    lab.faults.set('crm.slow', '300ms');
    const asked = performance.now();
    await dispute(lab);
    await expect.poll(async () => (await cases(lab)).items.length).toBe(1);
    expect(performance.now() - asked).toBeGreaterThan(290);
  });

  test('loses: never there; the next one after the fault is', async () => {
    await using lab = await startLab({ faults: { 'crm.loses-case': '' } });
    const lost = await dispute(lab);
    expect(lost.desk).toBe(adaOnDesk);
    lab.faults.clear('crm.loses-case');
    const { reference } = await dispute(lab);
    await expect.poll(async () => (await cases(lab)).items.map(({ id }) => id)).toEqual([reference]);
    expect(reference).not.toBe(lost.reference);
  });

  test('duplicates: two of one kind', async () => {
    await using lab = await startLab({ faults: { 'crm.duplicates-case': '' } });
    const { desk } = await dispute(lab);
    await expect.poll(async () => (await cases(lab)).items.length).toBe(2);
    expect(desk).toBe(adaOnDesk);
  });

  test('down: 503, while bot and desk go on', async () => {
    await using lab = await startLab({ faults: { 'crm.down': '' } });
    expect(await dispute(lab)).toMatchObject({ status: 503, desk: adaOnDesk });
  });
});

describe('bot', () => {
  test.each(['bot.silent', 'bot.slow-first-token', 'bot.wrong-answer'] as const)(
    '%s does not keep the case from the CRM',
    async (fault) => {
      await using lab = await startLab({ faults: { [fault]: fault === 'bot.slow-first-token' ? '1h' : '' } });
      await using customer = await ChatClient.open(lab.url);
      await customer.hello('Ada', ada);
      customer.say('I want to dispute a charge of 42.17');
      await expect.poll(async () => (await cases(lab)).items.length).toBe(1);
      expect(customer.frames.some((frame) => acknowledged.test(String(frame.text)))).toBe(false);
    },
  );

  test('silent: greets, then not even typing', async () => {
    await using lab = await startLab({ faults: { 'bot.silent': '' } });
    await using customer = await ChatClient.open(lab.url);
    await customer.hello('Ada', ada);
    const from = customer.frames.length;
    customer.say('I want to dispute a charge');
    await expect.poll(async () => (await cases(lab)).items.length).toBe(1);
    expect(customer.frames.slice(from)).toEqual([]);
    lab.faults.clear('bot.silent');
    await customer.ask('my balance', /Your balance/);
    expect(customer.frames[from]).toEqual({ type: 'typing' });
  });

  test('slow first token: typing at once, the first word only later', async () => {
    await using lab = await startLab({ faults: { 'bot.slow-first-token': '700ms' } });
    await using customer = await ChatClient.open(lab.url);
    await customer.hello('visitor');
    const from = customer.frames.length;
    const said = performance.now();
    customer.say('opening hours');
    await customer.until((frame) => frame.type === 'delta', from);
    expect(performance.now() - said).toBeGreaterThan(690);
    lab.faults.set('bot.slow-first-token', '1h');
    const again = customer.frames.length;
    customer.say('my balance');
    await customer.until((frame) => frame.type === 'typing', again);
  });

  test('wrong answer, repeats, out of order', async () => {
    await using lab = await startLab({ faults: { 'bot.wrong-answer': '' } });
    expect(await talk(lab, 'opening hours', /card reader/)).toHaveLength(1);
    lab.faults.clear('bot.wrong-answer');
    lab.faults.set('bot.repeats');
    const twice = (await talk(lab, 'my balance', /Please sign in/, 2)).map((frame) => [frame.text, frame.seq]);
    expect(twice).toEqual([
      ['Please sign in first, then I can tell you your balance.', 2],
      ['Please sign in first, then I can tell you your balance.', 3],
    ]);
    lab.faults.clear('bot.repeats');
    lab.faults.set('bot.out-of-order');
    const [first, second] = await talk(lab, 'opening hours', /We are open/);
    expect([first?.seq, second?.seq]).toEqual([3, 2]);
    expect(String(first?.time) > String(second?.time)).toBe(true);
  });
});

test('routing.no-agent: handed off, and nobody comes', async () => {
  await using lab = await startLab({ faults: { 'routing.no-agent': '' } });
  await using customer = await ChatClient.open(lab.url);
  await customer.hello('Ada', ada);
  customer.say('agent please');
  await customer.until((frame) => frame.type === 'handoff');
  await customer.ask('opening hours', /We are open/);
  expect(customer.frames.some((frame) => frame.type === 'joined')).toBe(false);
  expect(await (await fetch(`${lab.url}/desk/agents/alice`)).text()).toContain('Nobody is waiting');
});

describe('web, identity and desk', () => {
  test('widget.broken: the script is 500, the page is fine', async () => {
    await using lab = await startLab({ faults: { 'widget.broken': '' } });
    const of = async (path: string) => (await fetch(`${lab.url}${path}`)).status;
    expect([await of('/widget.js'), await of('/shop')]).toEqual([500, 200]);
    lab.faults.clear('widget.broken');
    expect(await of('/widget.js')).toBe(200);
  });

  test('sign-in.broken: the right PIN is refused or answered 500; otherwise the account opens', async () => {
    await using lab = await startLab();
    expect((await signIn(lab, '0000')).status).toBe(401);
    const right = await signIn(lab);
    expect([right.status, right.headers.get('location')]).toEqual([303, '/site/account']);
    const headers = { cookie: String(right.headers.get('set-cookie')).split(';')[0] ?? '' };
    const account = await (await fetch(`${lab.url}/site/account`, { headers })).text();
    expect(account).toContain('Hello, Ada Whitfield');
    expect(account).toContain('£2,410.55');
    expect((await fetch(`${lab.url}/site/account`, { redirect: 'manual' })).status).toBe(303);
    lab.faults.set('sign-in.broken');
    expect((await signIn(lab)).status).toBe(401);
    lab.faults.set('sign-in.broken', '500');
    expect((await signIn(lab)).status).toBe(500);
  });

  test('a dispute at the site is acknowledged first, and is in the CRM and on the desk', async () => {
    await using lab = await startLab();
    const cookie = String((await signIn(lab)).headers.get('set-cookie')).split(';')[0] ?? '';
    const url = `${lab.url}/site/charges/c1/dispute`;
    const sent = await fetch(url, { method: 'POST', body: new URLSearchParams(), headers: { cookie } });
    const [, reference = ''] = /data-testid="reference">(\d+)</.exec(await sent.text()) ?? [];
    await expect.poll(async () => (await cases(lab)).items.map(({ id }) => id)).toEqual([reference]);
    expect(await deskOf(lab, reference)).toBe(adaOnDesk);
    const nothing = await fetch(`${lab.url}/site/charges/none/dispute`, { method: 'POST', headers: { cookie } });
    expect(nothing.status).toBe(404);
  });

  test('desk.wrong-customer: another customer on the case and in the screen pop, the record is right', async () => {
    await using lab = await startLab({ faults: { 'desk.wrong-customer': '' } });
    const { desk } = await dispute(lab);
    expect(desk).toBe('200 Tomasz Nowak');
    expect(await (await fetch(`${lab.url}/desk/agents/alice`)).text()).toContain('Tomasz Nowak');
    await expect.poll(async () => (await cases(lab)).items[0]?.customer).toBe('Ada Whitfield');
  });

  test('site.slow: the page of a charge comes late, the account does not', async () => {
    await using lab = await startLab({ faults: { 'site.slow': '500ms' } });
    const cookie = String((await signIn(lab)).headers.get('set-cookie')).split(';')[0] ?? '';
    const from = performance.now();
    const page = await fetch(`${lab.url}/site/charges/c1/dispute`, { headers: { cookie } });
    expect(await page.text()).toContain('£42.17');
    expect(performance.now() - from).toBeGreaterThan(480);
  });
});

test('every fault is shown by a test, of this file or of a whole walk', async () => {
  const { readFileSync } = await import('node:fs');
  const files = ['wire-faults.test.ts', 'fault-table.ts'];
  const source = files.map((file) => readFileSync(new URL(file, import.meta.url), 'utf8')).join('');
  const untold = faultTable
    .map(({ name }): FaultName => name)
    .filter((name) => !source.includes(`'${name}'`) && !source.includes(`'${name}:`) && !source.includes(`'${name}=`));
  expect(untold).toEqual([]);
});
