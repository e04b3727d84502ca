import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { stopped, walkText } from '../kit/stage.ts';

const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));

/** A place where everybody is heard and nobody is answered: TCP and WebSocket accept, then silence. Only /here answers. */
let silent: Server;
let url: string;
const sockets = new Set<Socket>();
beforeAll(async () => {
  silent = createServer(({ url: path }, response) => void (path === '/here' && response.end('here')));
  silent.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  new WebSocketServer({ server: silent });
  silent.listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});
afterAll(() => {
  silent.closeAllConnections();
  silent.close();
});

describe.each([...drivers])('%s', (name, driver) => {
  test('says what it is for, and so do its actions, arguments and settings', () => {
    expect(driver.about).not.toBe('');
    z.toJSONSchema(driver.settings, { io: 'input' });
    for (const [verb, { about, args, main, layer }] of Object.entries(driver.actions)) {
      expect(about, `${name}.${verb}`).not.toBe('');
      expect(layer, `${name}.${verb}`).not.toBe('');
      const { properties = {} } = z.toJSONSchema(args, { io: 'input', unrepresentable: 'any' });
      if (main !== undefined) expect(Object.keys(properties), `${name}.${verb}`).toContain(main);
      const taken = [
        'id',
        'title',
        'as',
        'within',
        'target',
        'layer',
        'owner',
        'save',
        'soft',
        'optional',
        'retry',
        'if',
        'with',
        'was',
      ];
      expect(
        Object.keys(properties).filter((key) => taken.includes(key)),
        `${name}.${verb}`,
      ).toEqual([]);
    }
  });
});

interface Waiting {
  readonly steps: () => string;
  readonly settings: () => Record<string, unknown>;
}

/** A journey whose last step waits for somebody who never answers. */
const waiting: Readonly<Record<string, Waiting>> = {
  chat: {
    steps: () => '  - chat.open:\n',
    settings: () => ({ map: 'plain-ws', vars: { base: url.replace('http', 'ws') } }),
  },
  http: { steps: () => `  - http.call: ${url}/\n`, settings: () => ({}) },
  // The browser is there first: that it is slow to start is another story.
  web: { steps: () => `  - web.open: ${url}/here\n    within: 30s\n  - web.open: ${url}/\n`, settings: () => ({}) },
  crm: { steps: () => '  - crm.expect: { case: { subject: nothing } }\n', settings: () => ({ base: url }) },
  pause: { steps: () => '  - pause: 50s\n', settings: () => ({}) },
};

describe.each(Object.entries(waiting))('%s, where nobody answers', (_, { steps, settings }) => {
  const within = { step: 3_000, walk: 50_000, finally: 2_000 };
  const journey = () => `title: Nobody\nsteps:\n${steps()}    id: waits\n`;

  test('ends with its limit, as a failure of theirs, and leaves no connection', async () => {
    const { ended, events } = await walkText(journey(), {
      drivers,
      settings: settings() as never,
      world: { within },
    });
    const last = ended.at(-1);
    // One that went on after its limit would be broken.
    expect(last).toMatchObject({ status: 'failed', trouble: { kind: 'failure' } });
    expect(last?.ms).toBeGreaterThan(within.step - 20);
    expect(events.filter((event) => event.type === 'run.fault')).toEqual([]);
    await expect.poll(() => sockets.size).toBe(0);
  });

  test('an interrupt in the middle of it: nobody is blamed, the session is closed', async () => {
    const interrupt = new AbortController();
    const { ended, events } = await walkText(journey(), {
      drivers,
      interrupt,
      settings: settings() as never,
      on: (event) => {
        if (event.type === 'step.started' && event.step === 'waits') setTimeout(() => interrupt.abort(stopped()), 100);
      },
    });
    expect(ended.at(-1)).toMatchObject({ step: 'waits', status: 'skipped' });
    expect(events.at(-1)?.type).toBe('walk.ended');
    await expect.poll(() => sockets.size).toBe(0);
  });
});

test('every driver stands in this suite', () => {
  expect(Object.keys(waiting).sort()).toEqual([...drivers.keys()].filter((name) => name !== 'voice').sort());
});
