/** HTML that is safe to send: everything that was filled into it has been escaped. */
export interface Markup {
  readonly markup: string;
}

type Filling = string | number | Markup | undefined | false | readonly Filling[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function filled(value: Filling): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number')
    return String(value).replace(/[&<>"']/g, (character) => escapes[character] ?? character);
  return 'markup' in value ? value.markup : value.map(filled).join('');
}

export function html(texts: TemplateStringsArray, ...values: readonly Filling[]): Markup {
  return { markup: texts.reduce((whole, text, index) => whole + filled(values[index - 1]) + text) };
}
