import { z } from 'zod';
import { type Context, defineAction, defineDriver } from '../core/driver.ts';
import { Failure, SpecError } from '../core/errors.ts';
import { expression } from '../core/expression.ts';
import { search } from '../core/jmespath.ts';
import type { Json } from '../core/json.ts';
import { type Answer, request, wires } from './http/request.ts';

class Client implements AsyncDisposable {
  readonly context: Context;
  readonly headers: Readonly<Record<string, string>>;

  constructor(context: Context, headers: Readonly<Record<string, string>>) {
    this.context = context;
    this.headers = headers;
    // Loaded while the session opens, not while a step is timed.
    wires();
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const isHttp = (url: string) => /^https?:$/.test(URL.parse(url)?.protocol ?? '');

const expected = z.strictObject({
  status: z
    .union([z.number().int(), z.array(z.number().int())])
    .optional()
    .describe('default: 2xx'),
  body: z
    .union([expression, z.record(expression, z.json())])
    .optional()
    .describe('JMESPath that must hold, or JMESPath → value'),
  header: z.record(z.string(), z.string()).optional().describe('header → text that it holds'),
});

/** Calls an HTTP interface and checks what comes back. */
export default defineDriver({
  about: 'call an HTTP interface',
  settings: z.object({ headers: z.record(z.string(), z.string()).default({}).describe('sent with each call') }),
  open: async ({ headers }, context) => new Client(context, headers),
  actions: {
    call: defineAction({
      about: 'send a request and expect an answer',
      main: 'url',
      layer: 'network',
      args: z.object({
        url: z.string().refine(isHttp, 'no http address, such as https://acme.example/status'),
        method: z
          .enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
          .optional()
          .describe('default: GET, with a body POST'),
        headers: z.record(z.string(), z.string()).default({}),
        json: z.json().optional(),
        form: z.record(z.string(), z.string()).optional(),
        body: z.string().optional(),
        expect: expected.prefault({}),
      }),
      targets: ({ url }) => [String(url)],
      title: ({ url, method, json, form, body }) =>
        `${(method ?? (json ?? form ?? body) !== undefined) ? (method ?? 'POST') : 'GET'} ${String(url)}`,
      run: async (
        { url, method, headers, json, form, body, expect },
        { context, headers: usual }: Client,
        { signal, note, since, clock },
      ) => {
        context.guard.target(url);
        const text =
          json !== undefined ? JSON.stringify(json) : form !== undefined ? new URLSearchParams(form).toString() : body;
        const type =
          json !== undefined
            ? 'application/json'
            : form !== undefined
              ? 'application/x-www-form-urlencoded'
              : undefined;
        since(clock.now());
        const answer = await request(
          {
            url,
            method: method ?? (text === undefined ? 'GET' : 'POST'),
            headers: {
              'x-synthetic-journey': context.mark,
              traceparent: context.traceparent,
              ...(type ? { 'content-type': type } : {}),
              ...usual,
              ...headers,
            },
            ...(text === undefined ? {} : { body: text }),
          },
          signal,
        );
        for (const [name, value] of Object.entries(answer.phases))
          note({ type: 'metric', name, value: Math.round(value * 100) / 100, unit: 'ms' });
        check(answer, expect);
        return { status: answer.status, headers: answer.headers, body: answer.body };
      },
    }),
  },
});

function check(
  { status, headers, body }: Answer,
  { status: wanted, body: holds, header }: z.infer<typeof expected>,
): void {
  const right = wanted === undefined ? status >= 200 && status < 300 : [wanted].flat().includes(status);
  const came = typeof body === 'string' ? body : JSON.stringify(body);
  if (!right)
    throw new Failure(`answered ${status}`, {
      expected: wanted === undefined ? '2xx' : [wanted].flat().join(' or '),
      came: `${status} ${came.slice(0, 300)}`,
    });
  for (const [name, text] of Object.entries(header ?? {})) {
    const value = headers[name.toLowerCase()];
    if (value === undefined || !value.includes(text))
      throw new Failure(`header ${name} is not as expected`, { expected: text, came: value ?? 'no such header' });
  }
  const tests = typeof holds === 'string' ? [[holds, true] as const] : Object.entries(holds ?? {});
  for (const [path, value] of tests) {
    const found = ask(body, path);
    if (JSON.stringify(found) !== JSON.stringify(value))
      throw new Failure(`\`${path}\` is not as expected`, {
        expected: JSON.stringify(value),
        came: `${JSON.stringify(found)} in ${came.slice(0, 300)}`,
      });
  }
}

function ask(body: Json, path: string): Json {
  try {
    return search(body, path);
  } catch (error) {
    throw new SpecError(`JMESPath \`${path}\`: ${error instanceof Error ? error.message : String(error)}`);
  }
}
