import { createParser } from 'eventsource-parser';
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/errors.ts';
import type { Guard } from '../../core/guard.ts';
import type { Json, JsonObject } from '../../core/json.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Json | undefined;
  readonly expect?: readonly number[] | undefined;
}

export interface Answered {
  readonly status: number;
  readonly headers: JsonObject;
  readonly body: Json;
  /** Receipt, epoch ms. */
  readonly at: number;
}

/** The transports of one chat session; closing it closes them all. */
export class Link {
  readonly #clock: Clock;
  readonly #guard: Guard;
  readonly #over = new AbortController();
  readonly #heard: (frame: Json, at: number) => void;
  readonly #closed: (why: string) => void;
  #socket: WebSocket | undefined;

  constructor(
    parts: { readonly clock: Clock; readonly guard: Guard },
    heard: (frame: Json, at: number) => void,
    closed: (why: string) => void,
  ) {
    this.#clock = parts.clock;
    this.#guard = parts.guard;
    this.#heard = heard;
    this.#closed = closed;
  }

  get open(): boolean {
    return !this.#over.signal.aborted;
  }

  async http(asked: Asked, signal: AbortSignal): Promise<Answered> {
    const response = await this.#fetch(asked, signal);
    const text = await response.text();
    const at = this.#clock.now();
    return { status: response.status, headers: Object.fromEntries(response.headers), body: parsed(text), at };
  }

  /** Reads the stream in the background; each event is a frame, its name the field `event`. */
  async sse(asked: Asked, signal: AbortSignal): Promise<void> {
    const response = await this.#held(asked, signal);
    const parser = createParser({
      onEvent: ({ data, event, id }) => {
        const frame = parsed(data);
        const fields = typeof frame === 'object' && frame !== null && !Array.isArray(frame) ? frame : { value: frame };
        this.#heard({ ...fields, ...(event ? { event } : {}), ...(id ? { event_id: id } : {}) }, this.#clock.now());
      },
    });
    const read = async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
    };
    read().catch((error: unknown) => {
      if (this.open) this.#closed(wordsOf(error));
    });
  }

  async ws(
    asked: {
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly protocols: readonly string[];
    },
    signal: AbortSignal,
  ): Promise<void> {
    this.#guard.target(asked.url);
    signal.throwIfAborted();
    const socket = new WebSocket(asked.url, {
      headers: asked.headers,
      protocols: [...asked.protocols],
    } as unknown as string[]);
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        socket.close();
        reject(signal.reason);
      };
      signal.addEventListener('abort', stop, { once: true });
      socket.onopen = () => {
        // The connection outlives the step that opened it: what is said in `finally` goes out after an interrupt.
        signal.removeEventListener('abort', stop);
        resolve();
      };
      socket.onerror = (event) =>
        reject(
          new Failure(`${asked.url} did not accept the connection`, {
            came: (event as unknown as { message?: string }).message || 'connection refused or not a WebSocket',
          }),
        );
      socket.onclose = ({ code, reason }) =>
        reject(
          new Failure(`${asked.url} closed the connection`, { came: `code ${code}${reason ? ` ${reason}` : ''}` }),
        );
    });
    socket.onmessage = ({ data }) => {
      const at = this.#clock.now();
      this.#heard(parsed(typeof data === 'string' ? data : ''), at);
    };
    socket.onerror = null;
    socket.onclose = ({ code, reason }) => {
      if (this.open) this.#closed(`the connection was closed with code ${code}${reason ? ` ${reason}` : ''}`);
    };
  }

  send(frame: Json): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) throw new Failure('the connection is closed: nothing can be sent');
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** As `#fetch`, but what is answered outlives the signal. */
  async #held(asked: Asked, signal: AbortSignal): Promise<Response> {
    signal.throwIfAborted();
    const dial = new AbortController();
    const stop = () => dial.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.#fetch(asked, dial.signal);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #fetch({ method, url, headers, body, expect }: Asked, signal: AbortSignal): Promise<Response> {
    this.#guard.target(url);
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const type = text !== undefined && typeof body !== 'string' ? { 'content-type': 'application/json' } : {};
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: { ...type, ...headers },
        signal: AbortSignal.any([signal, this.#over.signal]),
        redirect: 'error',
        ...(text === undefined ? {} : { body: text }),
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new Failure(`${method} ${url} was not answered`, { came: wordsOf(error) });
    }
    const right = expect ? expect.includes(response.status) : response.ok;
    if (right) return response;
    throw new Failure(`${method} ${url} was answered ${response.status}`, {
      expected: expect?.join(' or ') ?? '2xx',
      came: (await response.text()).slice(0, 300),
    });
  }

  async close(): Promise<void> {
    this.#over.abort(new Error('the session is closed'));
    const socket = this.#socket;
    if (!socket || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 1000);
      socket.onclose = () => {
        clearTimeout(timer);
        resolve();
      };
      socket.close(1000);
    });
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** `fetch` hides the reason in `cause`. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error
    ? error.cause.message || String((error.cause as { code?: string }).code)
    : error.message;
}
