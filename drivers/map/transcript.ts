import type { Json } from '../../core/json.ts';
import type { Kind } from './format.ts';

/** One thing that came from the other side, stamped at receipt, before parsing. */
export interface Came {
  readonly kind: Kind | 'transport.closed';
  /** Epoch ms. */
  readonly at: number;
  readonly fields: Readonly<Record<string, Json>>;
}

/** A message as it grows: the first token is its onset. */
export interface Utterance {
  readonly id?: string;
  /** First token, epoch ms. */
  readonly onset: number;
  /** Latest token. */
  at: number;
  text: string;
  done: boolean;
  /** Vendor's own time, epoch ms; for the verdict on order only. */
  time?: number;
  order?: number;
  by?: string;
  from?: string;
  choices: readonly string[];
}

const most = 5_000;

/** All that was said to us, in order of receipt. Steps look at it from a position; nothing is consumed by accident. */
export class Transcript {
  readonly utterances: Utterance[] = [];
  readonly came: Came[] = [];
  readonly #waiting = new Map<() => void, 'finished' | 'every'>();

  add(came: Came, stream: 'append' | 'replace' | undefined): void {
    if (this.came.length < most) this.came.push(came);
    const { kind } = came;
    if (kind === 'message.delta') this.#grow(came, stream ?? 'append');
    else if (kind === 'message') this.#whole(came);
    else if (kind === 'message.done') this.#finish(came);
    for (const [wake, what] of this.#waiting) if (what === 'every' || kind !== 'message.delta') wake();
  }

  /** Resolves at the next thing that comes, unless `every` is asked for no piece of a message that goes on; rejects with the signal's reason. */
  next(signal: AbortSignal, what: 'finished' | 'every' = 'finished'): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(wake);
        reject(signal.reason);
      };
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', stop);
        resolve();
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      this.#waiting.set(wake, what);
    });
  }

  #open(id: Json | undefined): Utterance | undefined {
    return this.utterances.findLast(
      (one) => !one.done && (id === undefined || one.id === undefined || one.id === String(id)),
    );
  }

  #grow({ at, fields }: Came, stream: 'append' | 'replace'): void {
    const text = String(fields.text ?? '');
    const open = this.#open(fields.id);
    if (open) {
      open.text = stream === 'append' ? open.text + text : text;
      open.at = at;
    } else this.#push({ at, fields, text, done: false });
  }

  #whole({ at, fields }: Came): void {
    const open = fields.id === undefined ? undefined : this.#open(fields.id);
    const streamed = open?.id === undefined ? this.#open(undefined) : open;
    const mine = open ?? (fields.id === undefined ? streamed : undefined);
    if (!mine) {
      this.#push({ at, fields, text: String(fields.text ?? ''), done: true });
      return;
    }
    mine.text = String(fields.text ?? mine.text);
    mine.at = at;
    mine.done = true;
    mine.choices = choicesOf(fields.choices);
    Object.assign(mine, stampsOf(fields));
    if (fields.by) mine.by = String(fields.by);
    if (fields.from) mine.from = String(fields.from);
  }

  #finish({ at }: Came): void {
    const open = this.#open(undefined);
    if (!open) return;
    open.done = true;
    open.at = at;
  }

  #push({
    at,
    fields,
    text,
    done,
  }: {
    readonly at: number;
    readonly fields: Came['fields'];
    readonly text: string;
    readonly done: boolean;
  }): void {
    if (this.utterances.length >= most) return;
    this.utterances.push({
      onset: at,
      at,
      text,
      done,
      choices: choicesOf(fields.choices),
      ...(fields.id === undefined || fields.id === null ? {} : { id: String(fields.id) }),
      ...stampsOf(fields),
      ...(fields.by ? { by: String(fields.by) } : {}),
      ...(fields.from ? { from: String(fields.from) } : {}),
    });
  }
}

/** What the other side says of the order; a streamed message says it with its last frame. */
function stampsOf({ time: said, order }: Came['fields']): Pick<Utterance, 'time' | 'order'> {
  const time = typeof said === 'string' ? Date.parse(said) : Number(said ?? Number.NaN);
  return { ...(Number.isFinite(time) ? { time } : {}), ...(typeof order === 'number' ? { order } : {}) };
}

function choicesOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
