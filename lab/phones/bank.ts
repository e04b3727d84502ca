import type { Clock } from '../../core/clock.ts';
import type { Call } from '../../telephony/call.ts';
import type { Desk } from '../desk.ts';
import { type Ground, later } from '../ground.ts';
import { isOpen } from '../hours.ts';
import type { Caller, Intake } from '../intake.ts';
import { agents, type Customer, customers } from '../people.ts';
import { type Delivery, parting, type Taken, userOf } from './delivery.ts';
import { HungUp, Line } from './line.ts';

export interface Counter {
  readonly ground: Ground;
  readonly intake: Intake;
  readonly desk: Desk;
  readonly delivery: Delivery;
}

/** ms */
const pace = { ring: 400, agentRings: 20_000, pop: 100 } as const;
const day = 86_400_000;

/** One call to the bank, from the first ring to the last goodbye. Never throws for what the caller does. */
export async function serve(call: Call, counter: Counter): Promise<void> {
  const { ground } = counter;
  const { faults, clock, stop } = ground;
  const { signalling } = call;
  try {
    if (faults.value('phone.down')) return signalling.reject(503);
    if (faults.value('phone.busy')) return signalling.reject(486, ['Reason: Q.850;cause=17;text="User busy"']);
    if (!faults.value('phone.no-ringing')) signalling.ring();
    await untilGone(
      call,
      clock,
      faults.value('phone.no-answer') ? day : (faults.ms('phone.slow-answer') ?? pace.ring),
      stop,
    );
    if (call.over) return;
    const mute = faults.value('network.no-media');
    // Who answers begins to send, sooner than what is said next reaches the thread of sounds.
    if (mute) call.media.thin({ loss: 1, seed: 1 });
    const line = new Line(call, stop);
    weather(line, faults);
    signalling.answer();
    if (mute) {
      await Promise.all([call.media.close(), line.next('ended', day)]);
      return;
    }
    await (userOf(signalling.invite?.uri ?? '') === 'messages' ? message(line, counter) : talk(line, counter));
  } catch (error) {
    if (!(error instanceof HungUp) && !stop.aborted && !call.over) ground.log(`a call went wrong: ${String(error)}`);
  } finally {
    await call.close().catch(() => undefined);
  }
}

async function untilGone(call: Call, clock: Clock, ms: number, stop: AbortSignal): Promise<void> {
  const done = new AbortController();
  const gone = (event: Call['events'][number]): event is typeof event => event.type === 'ended';
  const signal = AbortSignal.any([stop, done.signal]);
  await Promise.race([clock.sleep(ms, signal), call.until(gone, 0, signal)]);
  done.abort();
}

/** What a bad line does to our sound. */
function weather({ call }: Line, faults: Ground['faults']): void {
  if (faults.value('network.one-way')) call.media.thin({ loss: 1, seed: 1 });
  if (faults.value('network.loss')) call.media.thin({ loss: 0.1, seed: 10 });
  if (faults.value('network.robotic')) call.media.thin({ loss: 0.2, burst: 3, seed: 60 });
}

async function talk(line: Line, counter: Counter): Promise<void> {
  const { faults, log, clock } = counter.ground;
  const hours = faults.value('ivr.hours');
  if (faults.value('ivr.closed') || (hours && !isOpen(hours, clock.now()))) {
    await line.say('closed');
    return;
  }
  const greeted = faults.value('ivr.silent-prompt') ? await line.hush('greeting') : await line.say('greeting');
  for (let round = 0; round < 3; round += 1) {
    if (round > 0 || !greeted) await line.say(menuOf(faults));
    const key = faults.value('ivr.deaf') ? await deaf(line) : await line.keys(1);
    log(`phone: ${line.call.signalling.remote.uri.user} pressed ${key || 'nothing'}`);
    if (key === '1') return balance(line);
    if (key === '2') return dispute(line, counter);
    if (key === '3') return message(line, counter);
    await line.say('unknown');
  }
  await line.say('goodbye');
}

const menuOf = (faults: Ground['faults']) =>
  faults.value('ivr.wrong-prompt') ? 'closed' : faults.value('ivr.changed-prompt') ? 'menu-other-words' : 'menu';

/** Takes the key and forgets it. */
async function deaf(line: Line): Promise<string> {
  await line.keys(1, 3000);
  return '';
}

async function account(line: Line): Promise<Customer | undefined> {
  await line.say('account-number');
  const number = await line.keys(6);
  const found = customers.find((customer) => customer.number === number);
  if (!found) await line.say('no-account');
  return found;
}

async function balance(line: Line): Promise<void> {
  const customer = await account(line);
  if (!customer) return;
  await line.say(`balance-${customer.number}`);
  await line.say('goodbye');
}

async function dispute(line: Line, counter: Counter): Promise<void> {
  const { ground, intake, desk, delivery } = counter;
  const { faults, stop } = ground;
  const customer = await account(line);
  if (!customer) return;
  const made = intake.open('Disputed charge', callerOf(line, customer));
  await line.say('case-opened');
  await line.say(faults.value('routing.wrong-queue') ? 'queue-other-team' : 'queue');
  const waiting = new AbortController();
  line.music(AbortSignal.any([stop, waiting.signal]));
  const gone = line.next('ended', day).then(
    () => waiting.abort(),
    () => waiting.abort(),
  );
  if (faults.value('routing.no-agent')) return gone;
  if (faults.value('routing.drops-call')) {
    await ground.clock.sleep(500, stop);
    return;
  }
  const marks = ['x-synthetic-journey', 'traceparent', 'user-to-user'].flatMap((name) => {
    const value = line.header(name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  const limit = AbortSignal.any([waiting.signal, AbortSignal.timeout(pace.agentRings)]);
  const taken = await delivery.ring(line.call, customer.adviser ?? agents[0], { headers: marks, stop: limit });
  waiting.abort();
  if (!taken) return void (await line.say('goodbye'));
  const id = line.call.signalling.callId;
  const contact = {
    id,
    channel: 'phone' as const,
    lines: [{ who: 'bot' as const, text: `On the telephone, about case ${made.id}` }],
    reply: () => {},
  };
  later(ground, faults.ms('desk.late-pop') ?? pace.pop, () => desk.putThrough(taken.agent, contact, customer));
  await together(line, taken, { ...counter, customer });
}

/** Caller and agent hear each other directly until they part; the agent may send the caller to the messages. */
async function together(line: Line, taken: Taken, counter: Counter & { readonly customer: Customer }): Promise<void> {
  const { faults, stop, log } = counter.ground;
  const { call: agent } = taken;
  try {
    await line.call.lend(agent.description);
    for (let from = 0; ; ) {
      const next = await parting(line.call, { ...taken, from }, stop);
      if (next.kind === 'over') return;
      from = next.position + 1;
      log(`phone: ${taken.agent} sends the caller to ${next.to}`);
      if (faults.value('routing.transfer-fails')) agent.signalling.notify(503, 'Service Unavailable');
      else if (next.to !== 'messages') agent.signalling.notify(404, 'Not Found');
      else break;
    }
    await line.call.reclaim();
    agent.signalling.notify(200, 'OK');
    await message(line, counter, counter.customer);
  } finally {
    await agent.close();
  }
}

async function message(line: Line, { intake }: Counter, known?: Customer): Promise<void> {
  await line.say('leave-message');
  await line.beep();
  await line.next('ended', 30_000);
  const { user } = line.call.signalling.remote.uri;
  const customer = known ?? customers.find(({ phone }) => phone === user);
  intake.open('Voicemail', callerOf(line, customer));
}

function callerOf(line: Line, customer: Customer | undefined): Caller {
  const { user } = line.call.signalling.remote.uri;
  return {
    phone: customer?.phone ?? user,
    email: customer?.email ?? '',
    name: customer?.name ?? '',
    tag: line.header('x-synthetic-journey') ?? '',
    ...(customer ? { customer } : {}),
  };
}
