import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const pages: Readonly<Record<string, string>> = {
  '/': '<h1>Welcome</h1>',
  '/dialogs': `<script>addEventListener('beforeunload', (e) => { e.preventDefault(); e.returnValue = 'stay'; })</script>
    <button onclick="alert('The line is busy'); document.body.append('after the alert')">Warn</button>
    <button onclick="document.body.append(confirm('Cancel the order?') ? 'cancelled' : 'kept')">Cancel order</button>`,
  '/popups': `<a href="/terms" target="_blank">Terms</a>
    <button onclick="setTimeout(() => window.open('/terms'), 150)">Later</button>
    <button onclick="window.open('http://localhost:PORT/elsewhere')">Partner</button>
    <a href="/redirect" target="_blank">Moved</a>`,
  '/toast': `<button onclick="const toast = document.createElement('p'); toast.role = 'alert'; toast.textContent = 'Something went wrong';
    document.body.append(toast)">Pay</button><a href="/terms" target="_blank">Terms</a>
    <button onclick="for (;;);">Hang</button>`,
  '/terms': '<h1>Terms and conditions</h1><button onclick="window.close()">Close</button>',
  '/download': '<a href="/file" download>Statement</a><p>Here is your statement',
  '/hang': '<h1>Soon busy</h1><button onclick="setTimeout(() => { for (;;); }, 50)">Hang</button>',
  '/moving': `<p id="p">step one</p><script>if (!location.hash) { location.hash = 'x'; setTimeout(() => location.href = '/moved', 60) }</script>`,
  '/moved': '<label>Amount <input value="42.17"></label>',
  '/twins': `<template>Total</template><p style="display:none">Total due</p><p>Total due: 9.99</p>
    <label style="display:none">Code <input></label><label>Code <input oninput="document.title = this.value"></label>`,
  '/frames': `<div id="host"></div><iframe title="Chat" src="http://localhost:PORT/inner"></iframe><iframe src="/asks"></iframe>
    <script>host.attachShadow({ mode: 'open' }).innerHTML = '<button onclick="fetch(&quot;/asked&quot;).then(() => { this.textContent = String.fromCharCode(79, 112, 101, 110, 101, 100) })">Open shadow</button>'</script>`,
  '/asks': `<script>fetch('/asked-in-frame').then(() => document.body.append('Answered'))</script>`,
  '/inner': `<button onclick="document.body.append('Hello from the frame')">Say hello</button>`,
  '/third-party': '<h1>Early</h1><script async src="/never.js"></script>',
  '/away': '<a href="/redirect">Leave</a><a href="http://localhost:PORT/elsewhere">Out</a>',
  '/frame-away': '<h1>Framed</h1><iframe src="http://localhost:PORT/elsewhere"></iframe>',
};

export interface Pages extends AsyncDisposable {
  readonly url: string;
  /** Requests for what the guard must not let through. */
  readonly elsewhere: readonly string[];
  /** `host/path marked` or `host/path bare`, in the order of requests. */
  readonly marked: readonly string[];
}

/** Pages as strangers write them, on a free port of this machine; `localhost` is another origin than `127.0.0.1`. */
export async function openPages(): Promise<Pages> {
  const elsewhere: string[] = [];
  const marked: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { pathname: path } = new URL(request.url ?? '/', 'http://here');
    const { port } = server.address() as AddressInfo;
    const host = request.headers.host?.split(':')[0];
    if (path === '/elsewhere') elsewhere.push(path);
    marked.push(`${host}${path} ${request.headers['x-synthetic-journey'] ? 'marked' : 'bare'}`);
    if (path === '/never.js') return;
    if (path === '/redirect')
      return void response.writeHead(302, { location: `http://localhost:${port}/elsewhere` }).end();
    if (path === '/file')
      return void response.writeHead(200, { 'content-disposition': 'attachment; filename=a.csv' }).end('a,b');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(pages[path]?.replaceAll('PORT', String(port)) ?? `<p>${path}`);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    elsewhere,
    marked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
