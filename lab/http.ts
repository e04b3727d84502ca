import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ground } from './ground.ts';
import type { Markup } from './html.ts';

/** One request, read whole. */
export interface Ask {
  readonly path: string;
  /** Of `:name` in the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly form: URLSearchParams;
}

export type Answer =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; stream(out: Outlet): Promise<void> };

/** Where a streamed answer is written; `gone` fires when the other side, or the lab, has left. */
export interface Outlet {
  write(text: string): void;
  readonly gone: AbortSignal;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/crm/cases/:id` */
  readonly path: string;
  answer(ask: Ask): Answer | Promise<Answer>;
}

/** The other side asked wrongly: answered with `status`, as JSON. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
  }
}

const mostBytes = 64 * 1024;

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: `${JSON.stringify(value)}\n`,
});

export const text = (body: string, type: string): Answer => ({
  status: 200,
  headers: { 'content-type': `${type}; charset=utf-8` },
  body,
});

export const page = ({ markup }: Markup, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: markup,
});

/** 303, so that a browser asks for the next page with GET (RFC 9110 §15.4.4). */
export const goTo = (location: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 303,
  headers: { location, ...headers },
  body: '',
});

export const nothing: Answer = { status: 204, headers: {}, body: '' };

export const eventStream = (stream: (out: Outlet) => Promise<void>): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/event-stream; charset=utf-8' },
  stream,
});

export function cookie(ask: Pick<Ask, 'headers'>, name: string): string | undefined {
  const pairs = String(ask.headers.cookie ?? '').split(/;\s*/);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The body as a JSON object; throws `Refusal` when it is none. */
export function jsonBody(ask: Pick<Ask, 'body'>): Readonly<Record<string, unknown>> {
  const value: unknown = parsed(ask.body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(400, 'the body is not a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The listener of a node server over these routes; never throws, logs one line a request. */
export function listener(ground: Ground, routes: readonly Route[]) {
  const compiled = routes.map((route) => ({ route, parts: route.path.split('/') }));
  const find = (method: string, path: string) => {
    const parts = path.split('/');
    const fits = compiled.flatMap(({ route, parts: pattern }) => {
      const params = matched(pattern, parts);
      return params ? [{ route, params }] : [];
    });
    const found = fits.find(({ route }) => route.method === (method === 'HEAD' ? 'GET' : method));
    if (found) return found;
    if (fits.length === 0) throw new Refusal(404, `there is nothing at ${path}`);
    throw new Refusal(405, `${path} takes ${fits.map(({ route }) => route.method).join(', ')}, not ${method}`);
  };
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    try {
      const url = new URL(request.url ?? '/', 'http://lab');
      const path = url.pathname === '/' ? '/' : url.pathname.replace(/\/$/, '');
      const { route, params } = find(request.method ?? 'GET', path);
      const body = await read(request);
      return await route.answer({
        path,
        params,
        query: url.searchParams,
        headers: request.headers,
        body,
        form: new URLSearchParams(body),
      });
    } catch (error) {
      if (error instanceof Refusal) return json({ error: error.message }, error.status);
      if (!ground.stop.aborted) ground.log(`${request.method} ${request.url} went wrong in the lab: ${String(error)}`);
      return json({ error: 'the lab itself went wrong' }, 500);
    }
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    const from = ground.clock.now();
    void answer(request).then(async (given) => {
      await send(given, request, response, ground.stop);
      const mark = request.headers['x-synthetic-journey'];
      const took = `${Math.round(ground.clock.now() - from)} ms`;
      ground.log(`${request.method} ${request.url} ${given.status} ${took}${mark ? ` (${String(mark)})` : ''}`);
    });
  };
}

function matched(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, want] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (want.startsWith(':') && part !== '') params[want.slice(1)] = decoded(part);
    else if (want !== part) return undefined;
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, `${part} is not a valid path`);
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Refusal(413, `the body is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function send(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  stop: AbortSignal,
): Promise<void> {
  if (response.destroyed) return;
  response.on('error', () => {});
  if ('body' in answer) {
    const bytes = Buffer.from(answer.body);
    const close = request.complete ? {} : { connection: 'close' };
    response.writeHead(answer.status, {
      'cache-control': 'no-store',
      'content-length': bytes.length,
      ...close,
      ...answer.headers,
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  const left = new AbortController();
  response.on('close', () => left.abort());
  response.writeHead(answer.status, { 'cache-control': 'no-store', ...answer.headers });
  response.flushHeaders();
  const gone = AbortSignal.any([left.signal, stop]);
  try {
    await answer.stream({ write: (chunk) => !gone.aborted && response.write(chunk), gone });
  } catch {
    // the other side left, or the lab closes: either way there is nobody to tell
  }
  response.end();
}
