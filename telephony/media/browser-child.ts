import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { chromiumFlags, systemChromium } from '../../core/chromium.ts';
import { serve, tell } from './peer-child.ts';
import type { PeerCommand, PeerTold } from './peer-protocol.ts';
import { packed, unpacked } from './peer-samples.ts';

/** Sound may play without a click; descriptions name addresses rather than names that only this machine resolves. */
const flags = [
  ...chromiumFlags,
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--allow-loopback-in-peer-connection',
];

const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** A module of this folder as a browser reads it. */
function moduleOf(name: string): string {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  return extension === '.ts' ? stripTypeScriptTypes(text) : text;
}

/** Serves the page and its modules to who knows the path. */
function site(path: string): Server {
  return createServer(({ url = '' }, response) => {
    const name = url.startsWith(path) ? url.slice(path.length) : undefined;
    const known = name !== undefined && /^[\w-]+\.[jt]s$/.test(name);
    response.statusCode = known || name === '' ? 200 : 404;
    response.setHeader('content-type', known ? 'text/javascript' : 'text/html');
    if (known) response.end(moduleOf(name));
    else
      response.end(name === '' ? `<!doctype html><script type="module" src="browser-page${extension}"></script>` : '');
  });
}

/** Opens the page with all calls in a Chromium of our own; resolves once it is connected. */
async function open(): Promise<WebSocket> {
  const { chromium } = await import('playwright');
  const executablePath = systemChromium();
  const browser = await chromium.launch({ args: flags, ...(executablePath ? { executablePath } : {}) });
  const ended = (what: string) => {
    tell({ tell: 'over', why: `engine browser: ${what}` });
  };
  browser.on('disconnected', () => ended('Chromium ended'));
  const path = `/${randomUUID()}/`;
  const server = site(path).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets = new WebSocketServer({ server, path, perMessageDeflate: false });
  const connected = once(sockets, 'connection') as Promise<[WebSocket]>;
  const page = await browser.newPage();
  page.on('crash', () => ended('the page of its calls crashed'));
  await page.goto(`http://127.0.0.1:${port}${path}`);
  const [socket] = await connected;
  return socket;
}

serve(
  (why) => `engine browser needs Chromium, which cannot be started here (${why}): npx playwright install chromium`,
  async () => {
    const socket = await open();
    socket.binaryType = 'arraybuffer';
    socket.on('message', (data: ArrayBuffer | Buffer, binary: boolean) =>
      tell(
        binary
          ? { tell: 'heard', ...unpacked(data as ArrayBuffer) }
          : (JSON.parse(new TextDecoder().decode(data)) as PeerTold),
      ),
    );
    return (command: PeerCommand) =>
      socket.send(command.do === 'say' ? packed(command.leg, command.samples) : JSON.stringify(command));
  },
);
