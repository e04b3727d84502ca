import { SpecError } from '../core/errors.ts';
import { type FaultBoard, type FaultState, valueInWords } from './faults.ts';
import { frame } from './frame.ts';
import { html, type Markup } from './html.ts';
import { type Ask, json, jsonBody, page, Refusal, type Route } from './http.ts';

/** The lab's own pages: / says what there is, /health answers when all is up, /faults are the switches. */
export function labRoutes(faults: FaultBoard): readonly Route[] {
  const asked = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      const [problem] = error.problems;
      throw new Refusal(
        problem?.message.startsWith('there is no') ? 404 : 400,
        [problem?.message, problem?.hint].join('; '),
      );
    }
  };
  return [
    { method: 'GET', path: '/', answer: () => page(homePage(faults)) },
    { method: 'GET', path: '/health', answer: () => json({ ok: true, lab: 'throughline', process: process.pid }) },
    { method: 'GET', path: '/faults', answer: () => json(faults.list().map(told)) },
    {
      method: 'PUT',
      path: '/faults/:name',
      answer: (ask) => json(asked(() => told(faults.set(ask.params.name ?? '', wanted(ask))))),
    },
    {
      method: 'DELETE',
      path: '/faults/:name',
      answer: (ask) => json(asked(() => told(faults.clear(ask.params.name ?? '')))),
    },
  ];
}

/** `?value=4s`, or the body: `4s` or `{"value":"4s"}`. */
function wanted(ask: Ask): string {
  const asked = ask.query.get('value');
  if (asked !== null) return asked;
  const body = ask.body.trim();
  if (!body.startsWith('{')) return body;
  const { value } = jsonBody(ask);
  return value === undefined ? '' : String(value);
}

const told = ({ name, about, layer, value, now }: FaultState) => ({
  name,
  about,
  layer,
  takes: value.kind,
  default: value.kind === 'duration' ? value.usual : value.kind === 'choice' ? value.words[0] : null,
  values: value.kind === 'choice' ? value.words : null,
  current: now ?? null,
});

function homePage(faults: FaultBoard): Markup {
  const rows = faults
    .list()
    .map(
      ({ name, about, layer, value, now }) =>
        html`<tr><td><code>${name}</code></td><td>${about}<br><span class="soft small">${valueInWords(value)}</span></td><td>${layer}</td><td>${now ? html`<strong>${now}</strong>` : html`<span class="soft">off</span>`}</td></tr>`,
    );
  const body = html`
<h1>A contact centre to practise on</h1>
<p class="lead">Everything a journey can meet, on this machine only, with a switch for each fault.</p>
<div class="grid">
<section class="card"><h2><a href="/site">The bank’s site</a></h2><p class="soft">Sign in, see the balance, dispute a charge.</p></section>
<section class="card"><h2><a href="/shop">Cards and accounts</a></h2><p class="soft">A product page with the chat widget; the bot listens at <code>/chat</code>.</p></section>
<section class="card"><h2>The telephone</h2><p class="soft">SIP over UDP and TCP at this port number, over WebSocket at <code>/sip</code>: any number is the bank, <code>messages</code> takes messages, agents register under their names (<code>alice</code>).</p></section>
<section class="card"><h2><a href="/desk">The agents’ desk</a></h2><p class="soft">Cases and screen pops; the records are at <a href="/crm/cases">/crm/cases</a>.</p></section>
</div>
<section class="card" style="margin-top:20px"><h2>Faults</h2><table><thead><tr><th scope="col">Name</th><th scope="col">What happens</th><th scope="col">Layer</th><th scope="col">Now</th></tr></thead><tbody>${rows}</tbody></table>
<p class="soft small">curl -X PUT -d 4s …/faults/crm.slow, and DELETE to make it well again.</p></section>`;
  return frame({
    title: 'The lab',
    nav: html`<a href="/site">Site</a><a href="/shop">Shop</a><a href="/desk">Desk</a>`,
    body,
  });
}
