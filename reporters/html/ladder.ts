import { readFileSync } from 'node:fs';
import { html, type Markup } from './markup.ts';

interface Message {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

interface Ladder {
  readonly about?: string;
  readonly parties: readonly string[];
  readonly messages: readonly Message[];
  readonly media?: readonly { readonly from: number; readonly to: number; readonly label: string }[];
}

const row = 24;
const most = 60;

/** The signalling of a call as a picture: who said what to whom, with times from the first message on. */
export function ladder(path: string, title: string): Markup {
  let read: Ladder;
  try {
    read = JSON.parse(readFileSync(path, 'utf8')) as Ladder;
  } catch {
    return html`<p class="soft">${title}: not readable</p>`;
  }
  const { parties, media = [] } = read;
  const messages = read.messages.slice(0, most);
  const start = messages[0]?.at ?? 0;
  const step = Math.max(220, 380 / Math.max(1, parties.length - 1));
  const x = (party: string) => 84 + Math.max(0, parties.indexOf(party)) * step;
  const rows = [
    ...messages.map((message) => ({ at: message.at, message, media: undefined })),
    ...media.map((one) => ({ at: one.from, message: undefined, media: one })),
  ].sort((a, b) => a.at - b.at);
  const height = 34 + rows.length * row;
  const width = 84 + (parties.length - 1) * step + 60;
  const lines = rows.map((one, n) => {
    const y = 40 + n * row;
    const time = html`<text x="4" y="${y + 3}">${n === 0 ? '0.000' : `+${((one.at - start) / 1000).toFixed(3)}`}</text>`;
    if (one.media) {
      const [left, right] = [x(parties[0] ?? ''), x(parties.at(-1) ?? '')];
      return html`${time}<rect x="${left + 2}" y="${y - 9}" width="${right - left - 4}" height="16" fill="var(--bar)" opacity=".25"/><text x="${(left + right) / 2}" y="${y + 3}" text-anchor="middle">${one.media.label}</text>`;
    }
    const { from, to, label } = one.message as Message;
    const [a, b] = [x(from), x(to)];
    const back = b > a ? -7 : 7;
    return html`${time}<path d="M${a} ${y}H${b}" stroke="var(--soft)" fill="none"/><path d="M${b} ${y}l${back} -3.5v7z" fill="var(--soft)"/><text x="${(a + b) / 2}" y="${y - 4}" text-anchor="middle">${label}</text>`;
  });
  const posts = parties.map(
    (party) =>
      html`<line x1="${x(party)}" x2="${x(party)}" y1="20" y2="${height - 6}" stroke="var(--line)" stroke-width="1.5"/><text x="${x(party)}" y="13" text-anchor="middle">${party}</text>`,
  );
  const more = read.messages.length > most ? `, first ${most} of ${read.messages.length} messages` : '';
  return html`<figure><figcaption>${read.about ?? title}${more}</figcaption><svg viewBox="0 0 ${width} ${height}" width="100%" style="max-width:${width}px" role="img" aria-label="${title}">${posts}${lines}</svg></figure>`;
}
