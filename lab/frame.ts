import { html, type Markup } from './html.ts';

interface Framed {
  readonly title: string;
  /** Stands in the bar, left of the links. */
  readonly brand?: string;
  readonly nav: Markup;
  readonly body: Markup;
  /** Scripts, at the end of the head. */
  readonly head?: Markup;
}

const logo = html`<svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true"><rect width="26" height="26" rx="7" fill="#fff"/><path d="M6 19 13 6l7 13h-4l-3-6-3 6z" fill="#0c4a3e"/></svg>`;

/** One whole page in the bank's frame. */
export function frame({ title, brand = 'Acme Bank', nav, body, head }: Framed): Markup {
  return html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${brand}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
${head}
</head>
<body>
<header class="bar"><div><a class="brand" href="/">${logo}${brand}</a><nav aria-label="Main">${nav}</nav></div></header>
<main>
${body}
</main>
<footer><div><span>${brand}: a practice contact centre by Throughline. Nobody here is real.</span><span>Mon to Fri 8 am to 8 pm, Sat 9 am to 1 pm</span></div></footer>
</body>
</html>
`;
}
