import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/errors.ts';
import type { Guard } from '../../core/guard.ts';
import { search } from '../../core/jmespath.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { RecordSettings } from './preset.ts';

interface Parts {
  readonly clock: Clock;
  readonly guard: Pick<Guard, 'target'>;
  readonly mark: string;
  readonly traceparent: string;
}

/** The records of one system over its REST API. Every call throws Failure for an answer that is not right. */
export class Records {
  readonly #settings: RecordSettings;
  readonly #parts: Parts;
  /** ms of each call so far, newest last; at most 1000. */
  readonly calls: number[] = [];

  constructor(settings: RecordSettings, parts: Parts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  async find(fields: JsonObject, signal: AbortSignal): Promise<readonly JsonObject[]> {
    const { path, find, items } = this.#settings;
    const asked = Object.entries(this.#theirs(fields)).filter(([, value]) => value !== null);
    const query = new URLSearchParams(asked.map(([name, value]): [string, string] => [name, String(value)]));
    const answer = await this.#call(find ?? { method: 'GET', path: `${path}?${query}` }, fields, signal);
    const found = search(answer.body, items);
    if (!Array.isArray(found))
      throw new Failure(`the answer has no list at \`${items}\``, { came: JSON.stringify(answer.body).slice(0, 200) });
    return found as readonly JsonObject[];
  }

  /** undefined when it is not there (404, 410). */
  async get(id: string, signal: AbortSignal): Promise<JsonObject | undefined> {
    const answer = await this.#call(
      this.#settings.get ?? { method: 'GET', path: `${this.#settings.path}/{id}` },
      { id },
      signal,
      [404, 410],
    );
    return answer.status === 404 || answer.status === 410 ? undefined : (answer.body as JsonObject);
  }

  async create(fields: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const body = { ...this.#theirs(fields), [this.#settings.tag]: this.#parts.mark };
    const answer = await this.#call(
      this.#settings.create ?? { method: 'POST', path: this.#settings.path, body },
      fields,
      signal,
    );
    return answer.body as JsonObject;
  }

  /** Deletes, then looks: a second delete may be an error, so the state is asked instead. */
  async forget(id: string, signal: AbortSignal): Promise<void> {
    await this.#call(
      this.#settings.delete ?? { method: 'DELETE', path: `${this.#settings.path}/{id}` },
      { id },
      signal,
      [404, 410],
    );
    const left = await this.get(id, signal);
    if (left !== undefined && left.status !== 'deleted')
      throw new Failure(`record ${id} is still there after it was deleted`, {
        came: JSON.stringify(left).slice(0, 200),
      });
  }

  idOf(record: JsonObject): string {
    return String(search(record, this.#settings.id) ?? '');
  }

  tagOf(record: JsonObject): string {
    return String(record[this.#settings.tag] ?? '');
  }

  #theirs(fields: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [this.#settings.fields[name] ?? name, value]),
    );
  }

  async #call(
    { method, path, body }: { readonly method: string; readonly path: string; readonly body?: Json | undefined },
    fields: JsonObject,
    signal: AbortSignal,
    also: readonly number[] = [],
  ): Promise<{ readonly status: number; readonly body: Json }> {
    const { clock, guard, mark, traceparent } = this.#parts;
    const { base, headers } = this.#settings;
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(fields[name] ?? '')));
    const url = base.replace(/\/$/, '') + filled;
    guard.target(url);
    const from = clock.now();
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        signal,
        // What it points to has not been asked of the guard, and is not to see what authorizes us.
        redirect: 'manual',
        headers: {
          accept: 'application/json',
          'x-synthetic-journey': mark,
          traceparent,
          ...this.#auth(),
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const cause =
        error instanceof Error && error.cause instanceof Error
          ? error.cause.message || error.cause.name
          : String(error);
      throw new Failure(`${method} ${url} was not answered`, { came: cause });
    } finally {
      this.calls.push(Math.round(clock.now() - from));
      if (this.calls.length > 1000) this.calls.shift();
    }
    if (!response.ok && !also.includes(response.status))
      throw new Failure(`${method} ${url} was answered ${response.status}`, {
        expected: '2xx',
        came: response.headers.get('location') ?? text.slice(0, 300),
      });
    try {
      return { status: response.status, body: text === '' ? null : (JSON.parse(text) as Json) };
    } catch {
      throw new Failure(`${method} ${url} was answered without JSON`, { came: text.slice(0, 200) });
    }
  }

  #auth(): Readonly<Record<string, string>> {
    const { auth } = this.#settings;
    switch (auth.type) {
      case 'none':
        return {};
      case 'bearer':
        return { authorization: `Bearer ${auth.token}` };
      case 'basic':
        return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` };
      case 'header':
        return { [auth.name]: auth.value };
      default:
        return auth satisfies never;
    }
  }
}
