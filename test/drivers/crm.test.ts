import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Driver } from '../../core/driver.ts';
import crm from '../../drivers/crm.ts';
import { walkText } from '../kit/stage.ts';

test('a redirect is not followed: where it leads has not been asked of the guard, and is not to see our key', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host?.split(':')[0]} ${request.headers.authorization}`);
    response.writeHead(302, { location: `http://localhost:${port}/elsewhere` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const { ended } = await walkText('title: t\nowner: o\nsteps:\n  - crm.expect: { case: { a: b } }\n', {
      drivers: new Map([['crm', crm as unknown as Driver]]),
      settings: { base: `http://127.0.0.1:${port}`, auth: { type: 'bearer', token: 'key' } },
    });
    expect(asked).toEqual(['127.0.0.1 Bearer key']);
    expect(ended[0]).toMatchObject({ status: 'failed', trouble: { came: `http://localhost:${port}/elsewhere` } });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
