/** HTML that is safe to put into a page as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | undefined | null | false | readonly Part[];

/** Builds markup; everything that is not markup already is escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((all, text, n) => all + text + (n < parts.length ? shown(parts[n]) : ''), ''));
}

function shown(part: Part): string {
  if (part === undefined || part === null || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return part.map(shown).join('');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to drop
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;
const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Characters that no HTML text may hold are dropped. */
function escaped(text: string): string {
  return text.replace(controls, '').replace(/[&<>"']/g, (sign) => signs[sign] ?? sign);
}
