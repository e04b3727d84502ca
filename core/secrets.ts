import type { Event } from './event.ts';

const cover = '•••';

/** Values that must not leave a run, redacted by value wherever they turn up: plain, or as addresses, forms, JSON, HTML, base64 and hex write them. */
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

  /** Numbers are looked at only where others wrote them: a duration of ours that equals a PIN is no leak. */
  #walk(value: unknown, theirs = false): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return theirs && this.#values.has(String(value)) ? cover : value;
    if (Array.isArray(value)) return value.map((item) => this.#walk(item, theirs));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        !theirs && stamps.has(key) ? item : this.#walk(item, theirs || foreign.has(key)),
      ]),
    );
  }
}

/** Where an event holds what another system answered. */
const foreign = new Set(['details', 'record']);

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

/** How a value may be written, within JSON or HTML once more; what is too short to be told from chance is left out. */
function formsOf(value: string): string[] {
  const percent = encodeURIComponent(value);
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  const plain = [
    value,
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    form,
    encodeURI(value),
  ];
  const forms = plain.flatMap((text) => [text, inJson(text), inJson(inJson(text)), ...inHtml(text)]);
  return value.length < 6 ? forms : [...forms, ...inBase64(value), Buffer.from(value).toString('hex')];
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML leaves quotes alone in text and escapes them in attributes; writers differ on the apostrophe. */
function inHtml(text: string): string[] {
  const named = (which: RegExp) => text.replace(which, (sign) => entities[sign] ?? sign);
  const full = named(/[&<>"']/g);
  return [named(/[&<>]/g), named(/[&<>"]/g), full, full.replaceAll('&#39;', '&#x27;')];
}

/** The characters that the value alone decides, wherever it begins within a longer text (RFC 4648 section 4 and 5): `user:PIN` too. */
function inBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  const standard = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const decided = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(Math.ceil((before * 8) / 6), decided);
  });
  return [...standard, ...standard.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
