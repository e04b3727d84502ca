import { frame } from './frame.ts';
import type { Ground } from './ground.ts';
import { html, type Markup } from './html.ts';
import { type Answer, type Ask, goTo, page, type Route } from './http.ts';
import { callerOf, type Intake } from './intake.ts';
import { type Charge, type Customer, pounds } from './people.ts';
import type { SignIns } from './sign-ins.ts';

interface SiteParts {
  readonly ground: Ground;
  readonly intake: Intake;
  readonly signIns: SignIns;
}

/** The self-service site: sign in, see the account, dispute a charge, sign out. Works without JavaScript. */
export function siteRoutes({ ground, intake, signIns }: SiteParts): readonly Route[] {
  const signedIn = (answer: (customer: Customer, ask: Ask) => Answer | Promise<Answer>) => (ask: Ask) => {
    const customer = signIns.customer(ask);
    return customer ? answer(customer, ask) : goTo('/site/sign-in');
  };
  return [
    { method: 'GET', path: '/site', answer: (ask) => page(homePage(signIns.customer(ask))) },
    { method: 'GET', path: '/site/sign-in', answer: () => page(signInPage()) },
    { method: 'POST', path: '/site/sign-in', answer: (ask) => signIn(ask, { ground, signIns }) },
    { method: 'POST', path: '/site/sign-out', answer: (ask) => goTo('/site', { 'set-cookie': signIns.end(ask) }) },
    {
      method: 'GET',
      path: '/site/account',
      answer: signedIn((customer) => page(accountPage(customer, ground.clock.now()))),
    },
    {
      method: 'GET',
      path: '/site/charges/:id/dispute',
      answer: signedIn(async (customer, ask) => {
        await ground.clock.sleep(ground.faults.ms('site.slow') ?? 0, ground.stop);
        const charge = customer.charges.find(({ id }) => id === ask.params.id);
        return charge ? page(disputePage(charge, ground.clock.now())) : page(missingPage(), 404);
      }),
    },
    {
      method: 'POST',
      path: '/site/charges/:id/dispute',
      answer: signedIn((customer, ask) => {
        if (!customer.charges.some(({ id }) => id === ask.params.id)) return page(missingPage(), 404);
        const mark = String(ask.headers['x-synthetic-journey'] ?? '');
        const { id } = intake.open('Disputed charge', callerOf({ phone: customer.phone, mark }));
        return goTo(`/site/disputes/${id}`);
      }),
    },
    {
      method: 'GET',
      path: '/site/disputes/:reference',
      answer: signedIn((_, ask) => page(receivedPage(ask.params.reference ?? ''))),
    },
  ];
}

function signIn(ask: Ask, { ground, signIns }: Omit<SiteParts, 'intake'>): Answer {
  const [number, pin] = ['number', 'pin'].map((field) => (ask.form.get(field) ?? '').trim());
  const fault = ground.faults.value('sign-in.broken');
  if (fault === '500') return page(sorryPage(), 500);
  const session = fault === undefined ? signIns.begin(number ?? '', pin ?? '') : undefined;
  return session ? goTo('/site/account', { 'set-cookie': session }) : page(signInPage(number, true), 401);
}

const publicNav = html`<a href="/site">Home</a><a href="/shop">Cards and accounts</a><a href="/site/sign-in">Sign in</a>`;
const ownNav = html`<a href="/site/account">Your account</a><a class="hide" href="/shop">Cards and accounts</a><form method="post" action="/site/sign-out"><button class="quiet">Sign out</button></form>`;

function homePage(customer: Customer | undefined): Markup {
  const body = html`
<h1>Banking that picks up</h1>
<p class="lead">Talk to a person, chat with us, or do it yourself. Whichever way you start, we know where you left off.</p>
<p><a class="button" href="${customer ? '/site/account' : '/site/sign-in'}">${customer ? 'Go to your account' : 'Go to online banking'}</a></p>
<div class="grid">
<section class="card"><h2>Opening hours</h2><p class="soft">Monday to Friday from 8 am to 8 pm, and on Saturday from 9 am to 1 pm.</p></section>
<section class="card"><h2>A charge you do not know?</h2><p class="soft">Dispute it in your account, in the chat or by phone. You get a reference at once.</p></section>
<section class="card"><h2>Lost your card?</h2><p class="soft">We block it the moment you tell us, and send a new one in three to five working days.</p></section>
</div>`;
  return frame({ title: 'Home', nav: customer ? ownNav : publicNav, body });
}

function signInPage(number = '', refused = false): Markup {
  const body = html`
<h1>Sign in</h1>
<p class="lead">Online banking for customers of Acme Bank.</p>
${refused && html`<p class="alert narrow" role="alert">Customer number or PIN is not right. Please try again.</p>`}
<form class="card narrow" method="post" action="/site/sign-in">
<div class="field"><label for="number">Customer number</label><p class="hint" id="number-hint">Six digits, on the back of your card</p><input id="number" name="number" value="${number}" inputmode="numeric" autocomplete="username" aria-describedby="number-hint" required></div>
<div class="field"><label for="pin">PIN</label><input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="current-password" required></div>
<button>Sign in</button>
</form>`;
  return frame({ title: 'Sign in', nav: publicNav, body });
}

function accountPage({ name, number, balancePence, charges }: Customer, now: number): Markup {
  const rows = charges.map(
    (charge) =>
      html`<tr><td>${dayOf(charge, now)}</td><td>${charge.merchant}</td><td class="num">${pounds(charge.pence)}</td><td><a href="/site/charges/${charge.id}/dispute" aria-label="Dispute this charge: ${charge.merchant}">Dispute this charge</a></td></tr>`,
  );
  const body = html`
<h1>Hello, ${name}</h1>
<p class="lead">Customer number ${number}</p>
<div class="split">
<section class="card" aria-labelledby="balance-title"><h2 id="balance-title">Balance</h2><p class="figure" data-testid="balance">${pounds(balancePence)}</p><p class="soft small">Current account, available now</p></section>
<section class="card" aria-labelledby="charges-title"><h2 id="charges-title">Recent charges</h2>
<table><thead><tr><th scope="col">Date</th><th scope="col">Merchant</th><th scope="col" class="num">Amount</th><th scope="col"><span class="soft"> </span></th></tr></thead><tbody>${rows}</tbody></table></section>
</div>`;
  return frame({ title: 'Your account', nav: ownNav, body });
}

function disputePage(charge: Charge, now: number): Markup {
  const body = html`
<h1>Dispute this charge</h1>
<p class="lead">${charge.merchant}, ${dayOf(charge, now)}, ${pounds(charge.pence)}</p>
<form class="card narrow" method="post" action="/site/charges/${charge.id}/dispute">
<div class="field"><label for="reason">Reason</label><select id="reason" name="reason"><option>I do not know this charge</option><option>The amount is wrong</option><option>I was charged twice</option><option>The goods never came</option></select></div>
<div class="field"><label for="words">What happened?</label><textarea id="words" name="words"></textarea></div>
<button>Send dispute</button> <a class="button quiet" href="/site/account">Cancel</a>
</form>`;
  return frame({ title: 'Dispute a charge', nav: ownNav, body });
}

function receivedPage(reference: string): Markup {
  const body = html`
<h1>We have your dispute</h1>
<p class="done narrow" role="status">Your reference is <strong data-testid="reference">${reference}</strong></p>
<p class="lead">A colleague will look at it within two working days. You need not do anything more.</p>
<p><a class="button quiet" href="/site/account">Back to your account</a></p>`;
  return frame({ title: 'Dispute received', nav: ownNav, body });
}

const sorryPage = () =>
  frame({
    title: 'Sorry',
    nav: publicNav,
    body: html`<h1>Sorry, that did not work</h1><p class="alert narrow" role="alert">Something went wrong on our side. Please try again in a few minutes.</p>`,
  });

const missingPage = () =>
  frame({
    title: 'Not found',
    nav: ownNav,
    body: html`<h1>We do not know that charge</h1><p><a href="/site/account">Back to your account</a></p>`,
  });

function dayOf({ daysAgo }: Charge, now: number): string {
  const day = new Date(now - daysAgo * 86_400_000);
  return day.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}
