import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { Guard } from '../../core/guard.ts';
import { search } from '../../core/jmespath.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { ChatMap, Move, Rule } from './format.ts';
import { type Asked, Link } from './link.ts';
import { fillMap } from './template.ts';
import { Transcript } from './transcript.ts';

interface Parts {
  readonly clock: Clock;
  readonly guard: Guard;
  /** Called when the first packet is about to leave. */
  readonly dialled?: () => void;
}

/** A chat session driven by a map: what was said is in `transcript`. */
export class Conversation {
  readonly transcript = new Transcript();
  readonly #map: ChatMap;
  readonly #parts: Parts;
  readonly #link: Link;
  readonly #over = new AbortController();
  #vars: JsonObject;
  #keepalive: NodeJS.Timeout | undefined;
  /** Why the other side is gone, once it is. */
  ended: string | undefined;
  /** ms between two looks where the map polls: no latency is finer than this. */
  resolution = 0;

  constructor(map: ChatMap, vars: JsonObject, parts: Parts) {
    this.#map = map;
    this.#parts = parts;
    this.#vars = { ...map.vars, ...vars };
    this.#link = new Link(
      parts,
      (frame, at) => this.#heard(frame, at),
      (why) => this.#lost(why),
    );
    for (const [name, value] of Object.entries(this.#vars))
      if (value === '${uuid}') this.#vars = { ...this.#vars, [name]: randomUUID() };
  }

  get vars(): JsonObject {
    return this.#vars;
  }

  async open(signal: AbortSignal): Promise<void> {
    await this.#moves(this.#map.open, {}, signal);
    const { keepalive } = this.#map;
    if (keepalive) this.#keepalive = setInterval(() => this.#quietly(keepalive.send), keepalive.every).unref();
  }

  /** Resolves when the words are sent (and, over HTTP, taken). Throws SpecError for a kind that the map has no words for. */
  async send(kind: string, values: JsonObject, signal: AbortSignal): Promise<void> {
    const how = this.#map.send[kind];
    if (!how)
      throw new SpecError(
        `the chat map ${this.#map.id} cannot send ${kind}`,
        `it can send ${Object.keys(this.#map.send).join(', ')}`,
      );
    if (this.ended) throw new Failure(`nothing can be sent: ${this.ended}`);
    await this.#moves(Array.isArray(how) ? how : [how], values, signal);
  }

  async close(): Promise<void> {
    clearInterval(this.#keepalive);
    if (!this.ended) await this.#moves(this.#map.close, {}, AbortSignal.timeout(2000)).catch(() => undefined);
    this.#over.abort(new Error('the session is closed'));
    await this.#link.close();
  }

  async #moves(moves: readonly Move[], values: JsonObject, signal: AbortSignal): Promise<void> {
    for (const move of moves) await this.#move(move, values, signal);
  }

  async #move(move: Move, values: JsonObject, signal: AbortSignal): Promise<void> {
    const fill = <T extends Json>(value: T) => fillMap(value, { ...this.#vars, uuid: randomUUID(), ...values }) as T;
    if ('send' in move) return this.#link.send(fill(move.send));
    if ('await' in move) return this.#await(move.await, signal);
    this.#parts.dialled?.();
    if ('ws' in move) return this.#link.ws(fill(move.ws as never), signal);
    if ('sse' in move) return this.#link.sse(fill(move.sse as never), signal);
    if ('poll' in move) {
      this.resolution = move.poll.every;
      void this.#poll(move.poll, fill);
      return;
    }
    const answer = await this.#link.http(fill(move.http as never), signal);
    this.#set(move.set, { body: answer.body, headers: answer.headers, status: answer.status });
    if (move.receive) this.#heard(answer.body, answer.at);
  }

  async #poll(poll: Extract<Move, { poll: unknown }>['poll'], fill: <T extends Json>(value: T) => T): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        await this.#parts.clock.sleep(poll.every, signal);
        const answer = await this.#link.http(fill(poll.http as never) as Asked, signal);
        this.#heard(answer.body, answer.at);
        this.#set(poll.set, { body: answer.body, headers: answer.headers, status: answer.status });
      } catch (error) {
        if (!signal.aborted) this.#lost(error instanceof Error ? error.message : String(error));
        return;
      }
    }
  }

  async #await(kind: string, signal: AbortSignal): Promise<void> {
    const settled = () => {
      const { came, utterances } = this.transcript;
      return kind === 'message' ? utterances.some(({ done }) => done) : came.some((one) => one.kind === kind);
    };
    while (!settled()) {
      if (this.ended) throw new Failure(`the session ended before ${kind} came: ${this.ended}`);
      await this.transcript.next(signal, 'every').catch(() => {
        throw new Failure(`connected, but no ${kind} came`, {
          came: this.transcript.came.map((one) => one.kind).join(', ') || 'nothing',
        });
      });
    }
  }

  #heard(frame: Json, at: number): void {
    const { split, unwrap, drop } = this.#map.receive;
    const items = split === undefined ? [frame] : ask(split, this.#view(frame));
    for (const item of Array.isArray(items) ? items : []) {
      const open = unwrap.reduce<Json>((value, path) => unwrapped(value, path), item);
      const view = this.#view(open);
      if (drop !== undefined && ask(drop, view) === true) continue;
      const found = this.#map.receive.rules.find(({ when }) => truthy(ask(when, view)));
      if (found) this.#emit(found, open, at);
    }
  }

  #emit(rule: Rule, frame: Json, at: number): void {
    this.#set(rule.set, frame);
    if (rule.respond !== undefined) this.#quietly(rule.respond);
    if (rule.emit === 'none') return;
    const { id, time, order } = this.#map.receive;
    const view = this.#view(frame);
    const fields: Record<string, Json> = {};
    for (const [key, path] of [...Object.entries({ id, time, order }), ...Object.entries(rule.map)]) {
      const value = path === undefined ? null : ask(path, view);
      if (value !== null) fields[key] = value;
    }
    if (rule.emit === 'session.end') this.ended ??= 'the other side ended the session';
    this.transcript.add({ kind: rule.emit, at, fields }, rule.stream);
  }

  /** What an expression of the map sees: the frame, and the variables as they are now. */
  #view(frame: Json): JsonObject {
    return typeof frame === 'object' && frame !== null && !Array.isArray(frame)
      ? { ...(frame as JsonObject), vars: this.#vars }
      : { value: frame, vars: this.#vars };
  }

  #set(set: Readonly<Record<string, string>> | undefined, from: Json): void {
    for (const [name, path] of Object.entries(set ?? {})) {
      const value = ask(path, this.#view(from));
      if (value !== null) this.#vars = { ...this.#vars, [name]: value };
    }
  }

  #quietly(frame: Json): void {
    try {
      this.#link.send(fillMap(frame, { ...this.#vars, uuid: randomUUID() }) ?? null);
    } catch {
      this.#lost('the connection is closed');
    }
  }

  #lost(why: string): void {
    this.ended ??= why;
    this.transcript.add({ kind: 'transport.closed', at: this.#parts.clock.now(), fields: { why } }, undefined);
  }
}

function ask(path: string, view: JsonObject): Json {
  try {
    return search(view, path);
  } catch {
    return null;
  }
}

const truthy = (value: Json) =>
  value !== null && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);

/** Parses the JSON string at a dotted path, where there is one. */
function unwrapped(value: Json, path: string): Json {
  const [first = '', ...rest] = path.split('.');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const inner = (value as JsonObject)[first];
  if (inner === undefined) return value;
  if (rest.length > 0) return { ...value, [first]: unwrapped(inner, rest.join('.')) };
  if (typeof inner !== 'string') return value;
  try {
    return { ...value, [first]: JSON.parse(inner) as Json };
  } catch {
    return value;
  }
}
