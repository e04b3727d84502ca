import type { Event } from './event.ts';

const cover = '•••';

/** Values that must not leave a run, redacted by value wherever they turn up: plain, percent-encoded, JSON-escaped or in base64. */
export class Secrets {
  readonly #values = new Set<string>();
  #pattern: RegExp | undefined;

  /** Values of one or two characters are kept out: they would cover half of every text. */
  add(values: Iterable<string>): void {
    for (const value of values) if (value.length > 2) this.#values.add(value);
    const forms = [...this.#values].flatMap(formsOf).sort((a, b) => b.length - a.length);
    this.#pattern = forms.length > 0 ? new RegExp([...new Set(forms)].map(literal).join('|'), 'g') : undefined;
  }

  values(): readonly string[] {
    return [...this.#values];
  }

  text(text: string): string {
    return this.#pattern ? text.replace(this.#pattern, cover) : text;
  }

  /** The same event when nothing in it is secret. */
  event(event: Event): Event {
    if (!this.#pattern) return event;
    return this.#walk(event) as Event;
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.#values.has(String(value)) ? cover : value;
    if (Array.isArray(value)) return value.map((item) => this.#walk(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, stamps.has(key) ? item : this.#walk(item)]),
    );
  }
}

/** Our own numbers and ids: a secret that happens to equal one of them is no leak. */
const stamps = new Set([
  'v',
  'at',
  'seq',
  'run',
  'walk',
  'ms',
  'origin',
  'attempt',
  'line',
  'column',
  'type',
  'status',
]);

function formsOf(value: string): string[] {
  const forms = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)];
  if (value.length >= 6) forms.push(Buffer.from(value).toString('base64').replace(/=+$/, ''));
  return forms;
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
