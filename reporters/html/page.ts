import { showMs } from '../../core/duration.ts';
import { headline, when } from '../../core/headline.ts';
import { statusOf, stepsOf, type Tale, type WalkTale } from '../../core/tale.ts';
import { type Status, statuses } from '../../core/verdict.ts';
import { judged } from './judged.ts';
import { html, Markup } from './markup.ts';
import type { Place } from './past.ts';
import { style } from './style.ts';
import { isLoud } from './walk.ts';
import { articles, lines, together } from './walks.ts';

const order: readonly Status[] = ['failed', 'broken', 'degraded', 'skipped', 'passed'];
/** So many good journeys have room for their picture; more are told a line each. */
const roomy = 3;
/** From so many walks on there is something to filter. */
const many = 7;

/** The page in pieces, so that a report of many walks need not be one string. */
export function* page(tale: Tale, place: Place): Generator<string> {
  const { status, verdict, story, detail } = headline(tale);
  const walks = tale.walks.toSorted((a, b) => order.indexOf(statusOf(a)) - order.indexOf(statusOf(b)));
  yield html`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${verdict}: ${story}</title><style>${new Markup(style)}</style>
<main><header class="${status}"><h1><span>${verdict}</span>: ${story}</h1><p>${detail}</p><div class="facts">${facts(tale).map((fact) => html`<span>${fact}</span>`)}</div></header>
${walks.length >= many ? filter(walks.map(statusOf)) : ''}${judged(tale)}`.text;
  const groups = together(walks);
  const loud = groups.filter(([first]) => isLoud(first));
  const calm = groups.filter(([first]) => !isLoud(first));
  for (const group of loud) yield articles(group, place).text;
  if (calm.length > roomy) yield lines(calm, place).text;
  else for (const group of calm) yield articles(group, place).text;
  const faults = tale.faults.map(({ message }) => html`<li class="broken">${message}</li>`);
  yield html`${faults.length > 0 ? html`<article class="broken"><div class="top"><h2>What went wrong with us</h2></div><ul class="told" >${faults}</ul></article>` : ''}
<footer>${tale.run?.tool ?? 'throughline'} · run ${tale.run?.run ?? ''} · seed ${tale.run?.seed ?? ''}${place.past.trouble ? ` · ${place.past.trouble}` : ''}</footer></main>${walks.length >= many ? script : ''}${walks.some(hasSound) ? player : ''}</html>
`.text;
}

function facts(tale: Tale): readonly string[] {
  const { run, ended, walks } = tale;
  const steps = walks.flatMap(({ attempts }) =>
    [...stepsOf(attempts.at(-1)?.steps ?? [])].filter((step) => step.steps.length === 0),
  );
  const deviating = statuses
    .filter((status) => status !== 'passed')
    .flatMap((status) => {
      const count = steps.filter((step) => step.ended?.status === status).length;
      return count > 0 ? [`${count} ${status}`] : [];
    });
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  return [
    run && (run.location === run.environment ? run.environment : `${run.environment}, from ${run.location}`),
    run && `${when(run.at)} UTC`,
    ended && `took ${showMs(ended.ms)}`,
    run?.commit && `commit ${run.commit.slice(0, 7)}${run.subject ? ` “${run.subject}”` : ''}`,
    [count(walks.length, 'walk'), count(steps.length, 'step'), ...deviating].join(', '),
  ].filter((fact): fact is string => Boolean(fact));
}

function filter(all: readonly Status[]): Markup {
  const chips = order.flatMap((status) => {
    const count = all.filter((one) => one === status).length;
    return count === 0
      ? []
      : [html`<button type="button" data-show="${status}" aria-pressed="false">${count} ${status}</button>`];
  });
  return html`<div class="filter" hidden>${chips}<input type="search" placeholder="journey, step, text" aria-label="filter"></div>`;
}

const script = new Markup(`<script>{
const bar=document.querySelector('.filter'),told=[...document.querySelectorAll('[data-status]')],input=bar.querySelector('input');bar.hidden=false;
const on=new Set();const apply=()=>{const q=input.value.toLowerCase();for(const a of told)a.hidden=(on.size>0&&!on.has(a.dataset.status))||(q!==''&&!a.textContent.toLowerCase().includes(q))};
for(const b of bar.querySelectorAll('button'))b.onclick=()=>{const s=b.dataset.show;on.has(s)?on.delete(s):on.add(s);b.setAttribute('aria-pressed',String(on.has(s)));apply()};
input.oninput=apply}</script>`);

const hasSound = ({ attempts }: WalkTale) =>
  attempts.some(({ notes }) => notes.some(({ note }) => note.type === 'file' && note.mime === 'audio/wav'));

/** A click on a line of the conversation plays its sound. */
const player = new Markup(`<script>{
const play=(line)=>{const sound=[...document.querySelectorAll('audio[data-sound]')].find((one)=>one.dataset.sound===line.dataset.play);if(!sound)return;
for(const other of document.querySelectorAll('audio'))other.pause();
const go=()=>{sound.currentTime=Number(line.dataset.at);sound.play()};
if(sound.readyState>0)go();else{sound.addEventListener('loadedmetadata',go,{once:true});sound.preload='metadata';sound.load()}};
for(const line of document.querySelectorAll('[data-play]')){line.onclick=()=>play(line);line.onkeydown=(e)=>{if(e.key==='Enter'||e.key===' '){e.preventDefault();play(line)}}}}</script>`);
