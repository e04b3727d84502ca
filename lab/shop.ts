import { frame } from './frame.ts';
import type { Ground } from './ground.ts';
import { html } from './html.ts';
import { page, type Route, text } from './http.ts';
import { style } from './style.ts';
import { widgetScript } from './widget.ts';

/** The public product page with the chat widget on it. */
export function shopRoutes(ground: Ground): readonly Route[] {
  return [
    { method: 'GET', path: '/shop', answer: () => page(shopPage) },
    { method: 'GET', path: '/style.css', answer: () => text(style, 'text/css') },
    {
      method: 'GET',
      path: '/widget.js',
      answer: () => {
        const script = text(ground.faults.value('widget.broken') ? '' : widgetScript, 'text/javascript');
        return ground.faults.value('widget.broken') ? { ...script, status: 500 } : script;
      },
    },
  ];
}

const nav = html`<a href="/site">Home</a><a href="/shop" aria-current="page">Cards and accounts</a><a href="/site/sign-in">Sign in</a>`;

const shopPage = frame({
  title: 'Cards and accounts',
  nav,
  head: html`<script src="/widget.js" defer></script>`,
  body: html`
<h1>Cards and accounts</h1>
<p class="lead">Three ways to pay, one number to call. Ask us anything in the chat.</p>
<div class="grid">
<section class="card"><span class="tag">Most chosen</span><h2>Everyday account</h2><p class="figure">£0 <span class="soft small">a month</span></p><p class="soft">A debit card, instant transfers and a warning before you overdraw.</p></section>
<section class="card"><span class="tag">For travel</span><h2>Compass card</h2><p class="figure">£6 <span class="soft small">a month</span></p><p class="soft">No fees abroad, and insurance for lost luggage and late trains.</p></section>
<section class="card"><span class="tag">For later</span><h2>Harbour savings</h2><p class="figure">3.1 % <span class="soft small">a year</span></p><p class="soft">Pay in when you like. Ninety days’ notice before you take it out.</p></section>
</div>`,
});
