import type { Case } from './crm.ts';
import type { Contact, Desk, ScreenPop } from './desk.ts';
import { frame } from './frame.ts';
import type { Ground } from './ground.ts';
import { html, type Markup } from './html.ts';
import { type Ask, eventStream, goTo, page, type Route } from './http.ts';
import { agentName, agents, type Customer, customers, pounds } from './people.ts';

const keepAlive = 15_000;
const nav = html`<a href="/desk">Cases</a>${agents.slice(0, 3).map((agent) => html`<a class="hide" href="/desk/agents/${agent}">${agentName(agent)}</a>`)}`;
const brand = 'Acme Bank agent desk';

/** The agents' desktop: /desk lists the cases, /desk/cases/:id shows one, /desk/agents/:agent is what pops up on an agent's screen and stays current by SSE. */
export function deskRoutes(desk: Desk, ground: Ground): readonly Route[] {
  const known = (answer: (agent: string, ask: Ask) => ReturnType<Route['answer']>) => (ask: Ask) => {
    const agent = ask.params.agent ?? '';
    return agents.includes(agent) ? answer(agent, ask) : page(missingPage(`There is no agent ${agent}`), 404);
  };
  return [
    { method: 'GET', path: '/desk', answer: () => page(listPage(desk.cases().slice(0, 50))) },
    {
      method: 'GET',
      path: '/desk/cases/:id',
      answer: ({ params }) => {
        const found = desk.case(params.id ?? '');
        return found ? page(casePage(found, desk)) : page(missingPage(`There is no case ${params.id}`), 404);
      },
    },
    {
      method: 'GET',
      path: '/desk/agents/:agent',
      answer: known((agent) => page(agentPage(desk.pop(agent), desk))),
    },
    {
      method: 'GET',
      path: '/desk/agents/:agent/events',
      answer: known((agent) =>
        eventStream(async ({ write, gone }) => {
          const tell = () => write(eventOf(popOf(desk.pop(agent), desk)));
          tell();
          const unwatch = desk.watch(agent, tell);
          try {
            while (!gone.aborted) {
              await ground.clock.sleep(keepAlive, gone);
              write(': still here\n\n');
            }
          } finally {
            unwatch();
          }
        }),
      ),
    },
    {
      method: 'POST',
      path: '/desk/agents/:agent/reply',
      answer: known((agent, ask) => {
        const text = (ask.form.get('text') ?? '').trim();
        if (text !== '') desk.pop(agent).contact?.reply(agent, text);
        return goTo(`/desk/agents/${agent}`);
      }),
    },
  ];
}

/** One server-sent event; each line of the data has its own field (WHATWG HTML, server-sent events). */
const eventOf = ({ markup }: Markup): string =>
  `event: pop\n${markup
    .split('\n')
    .map((line) => `data: ${line}`)
    .join('\n')}\n\n`;

/** The case names its customer; who that is in the bank's books follows from phone or name. */
const customerOf = (made: Case): Customer | undefined =>
  customers.find(({ phone, name }) => (made.phone !== '' && phone === made.phone) || name === made.customer);

function listPage(cases: readonly Case[]): Markup {
  const rows = cases.map(
    (one) =>
      html`<tr><td><a href="/desk/cases/${one.id}">${one.id}</a></td><td>${one.subject}</td><td>${one.customer || 'Unknown'}</td><td>${timeOf(one)}</td></tr>`,
  );
  const table = html`<table><thead><tr><th scope="col">Case</th><th scope="col">Subject</th><th scope="col">Customer</th><th scope="col">Opened</th></tr></thead><tbody>${rows}</tbody></table>`;
  const body = html`<h1>Cases</h1><p class="lead">The newest first.</p><section class="card">${cases.length > 0 ? table : html`<p class="soft">No case is open.</p>`}</section>`;
  return frame({ title: 'Cases', brand, nav, body });
}

function casePage(made: Case, desk: Desk): Markup {
  const body = html`
<h1>${made.subject}</h1>
<p class="lead">Case ${made.id}, opened ${timeOf(made)} <span class="tag">${made.status}</span></p>
<div class="split">${customerCard(desk.shown(customerOf(made)), made.customer)}
<section class="card" aria-labelledby="case-title"><h2 id="case-title">The case</h2><dl><dt>Subject</dt><dd>${made.subject}</dd><dt>Phone</dt><dd>${made.phone || 'unknown'}</dd><dt>E-mail</dt><dd>${made.email || 'unknown'}</dd>${made.tag !== '' && html`<dt>Synthetic</dt><dd class="small">${made.tag}</dd>`}</dl></section></div>`;
  return frame({ title: `Case ${made.id}`, brand, nav, body });
}

function customerCard(customer: Customer | undefined, name: string): Markup {
  if (!customer) return html`<section class="card"><h2>Customer</h2><p>${name || 'Unknown visitor'}</p></section>`;
  return html`<section class="card" aria-labelledby="customer-title"><h2 id="customer-title">Customer</h2><p class="figure" data-testid="customer">${customer.name}</p><dl><dt>Number</dt><dd>${customer.number}</dd><dt>Phone</dt><dd>${customer.phone}</dd><dt>E-mail</dt><dd>${customer.email}</dd><dt>Balance</dt><dd>${pounds(customer.balancePence)}</dd></dl></section>`;
}

function agentPage(pop: ScreenPop, desk: Desk): Markup {
  const name = agentName(pop.agent);
  const body = html`
<h1>${name}’s desk</h1>
<div id="pop" aria-live="polite" data-events="/desk/agents/${pop.agent}/events">${popOf(pop, desk)}</div>
<form class="card" method="post" action="/desk/agents/${pop.agent}/reply"><div class="field"><label for="reply">Reply</label><input id="reply" name="text" autocomplete="off"></div><button>Send reply</button></form>`;
  return frame({ title: `${name}’s desk`, brand, nav, body, head: html`<script src="/desk.js" defer></script>` });
}

/** The part of an agent's page that changes by itself. */
function popOf({ customer, contact, case: made }: ScreenPop, desk: Desk): Markup {
  if (!customer && !contact) return html`<p class="lead">Ready. Nobody is waiting.</p>`;
  const seen = desk.shown(customer);
  const about = made && html`<p><a href="/desk/cases/${made.id}">Case ${made.id}: ${made.subject}</a></p>`;
  return html`<div class="split">${customerCard(seen, 'Unknown visitor')}<section class="card" aria-labelledby="contact-title"><h2 id="contact-title">${contact ? `Current ${contact.channel}` : 'Latest case'}</h2>${about}${contact && linesOf(contact)}</section></div>`;
}

const linesOf = ({ lines }: Contact): Markup =>
  html`<div class="talk" role="log" aria-label="Conversation">${lines.map(({ who, text }) => html`<p class="${who === 'agent' ? 'own' : ''}"><small>${who}</small>${text}</p>`)}</div>`;

const missingPage = (words: string) =>
  frame({ title: 'Not found', brand, nav, body: html`<h1>${words}</h1><p><a href="/desk">All cases</a></p>` });

const timeOf = ({ created }: Case) => `${created.slice(0, 10)} ${created.slice(11, 19)} UTC`;

/** Keeps the screen pop current and sends a reply without leaving the page. */
export const deskScript = `(() => {
  'use strict';
  const pop = document.getElementById('pop');
  new EventSource(pop.dataset.events).addEventListener('pop', ({ data }) => {
    pop.innerHTML = data;
    const talk = pop.querySelector('.talk');
    if (talk) talk.scrollTop = talk.scrollHeight;
  });
  const form = document.querySelector('form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    form.reset();
    await fetch(form.action, { method: 'POST', body, redirect: 'manual' });
  });
})();
`;
