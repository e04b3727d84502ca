import type { Clock } from '../../core/clock.ts';
import { audioFlow } from '../../telephony/media/flow.ts';
import { IceError } from '../../telephony/media/ice-servers.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';
import type { Reachable } from '../../telephony/sip/agent.ts';
import { FlowError, parseServer } from '../../telephony/sip/flow.ts';
import { type Refusal, Refused } from '../../telephony/sip/outcome.ts';
import { hostPort } from '../../telephony/sip/target.ts';
import { babble } from '../../telephony/speaking/babble.ts';
import { lineLevel } from '../../telephony/speaking/level.ts';
import { codecReading, endReading, soundReading, timesReading } from './probe-call.ts';
import { type Finding, natReading, optionsReading, refusalReading } from './probe-reading.ts';
import { type Chosen, phoneSettings } from './settings.ts';

export interface Question {
  /** Who asks, and through which server. */
  readonly chosen: Chosen;
  /** Who is called; absent: nobody. */
  readonly target?: string;
  /** How long an answered call is listened to, ms. */
  readonly listen: number;
  /** How long an answer may take, ms. */
  readonly patience: number;
  /** `Name: value` lines of the call. */
  readonly headers: readonly string[];
}

export interface ProbeSurroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Each finding as soon as it is known. */
  tell(finding: Finding): void;
}

/**
 * Asks a PBX or trunk in the order in which things go wrong: is anybody there (OPTIONS), does it see us as we do (NAT),
 * does it let us in (REGISTER), and, with a target, one call: ring, codecs, sound each way, hang-up. Never throws for what
 * the other side does. Resolves to whether the other side answered and nothing was bad.
 */
export async function probe(question: Question, around: ProbeSurroundings): Promise<boolean> {
  let good = true;
  let answered = false;
  const tell = (finding: Finding) => {
    if (finding.mark === 'bad') good = false;
    if (finding.mark === 'good' && finding.of !== 'here') answered = true;
    around.tell(finding);
  };
  const { persona, name } = question.chosen;
  await using media = new MediaThread(around.clock);
  let phone: Phone;
  try {
    const { clock, random } = around;
    phone = await Phone.open(phoneSettings(question.chosen), { clock, random, media });
  } catch (error) {
    tell(unopened(error, persona.server));
    return false;
  }
  await using open = phone;
  const { host, port } = open.local;
  tell({ of: 'here', mark: 'good', text: `${name} speaks from ${host}${port > 0 ? `:${port}` : ''} as ${open.uri}` });
  if (await there(question, open, { ...around, tell })) {
    if (persona.register ?? (question.chosen.agent || persona.auth !== undefined)) await letIn(open, tell);
    if (question.target !== undefined && !around.signal.aborted)
      await call(question, question.target, { phone: open, around: { ...around, tell } });
  }
  return good && answered;
}

function unopened(error: unknown, server = ''): Finding {
  const text = error instanceof Error ? error.message : String(error);
  const at = error instanceof FlowError ? error.at : 'here';
  const next = {
    dns: 'check the spelling of the server, or give its address',
    connect: 'check that the server listens on this port for this transport, and that no firewall is between',
    tls: 'check the certificate: its name must be that of the server; a private authority goes into `tls.ca` of the trunk, `tls: { verify: false }` takes any',
    here: `write the server as pbx.example, 10.0.0.1:5070 or sip:pbx.example;transport=tcp, not ${server || 'nothing'}`,
  }[at];
  return { of: 'transport', mark: 'bad', text, next };
}

/** OPTIONS; silence there is no end of it, since many trunks do not answer. False when nothing can come of a call. */
async function there({ chosen, target }: Question, phone: Phone, around: ProbeSurroundings): Promise<boolean> {
  const { clock, signal, tell } = around;
  const server = chosen.persona.server ?? target ?? '';
  const uri = parseServer(server.replace(/^(sips?:)[^@]*@/i, '$1'))?.uri;
  const asked = uri ? `sip:${hostPort(uri)}` : phone.resolve(server);
  const since = clock.now();
  const slow = new AbortController();
  const silence = clock.sleep(4000, AbortSignal.any([signal, slow.signal])).then(
    () => undefined,
    () => undefined,
  );
  const came: Reachable | Refusal | undefined = await Promise.race([phone.options(asked), silence]);
  slow.abort();
  const ms = clock.now() - since;
  if (came?.kind === 'unreachable') {
    tell({
      of: 'transport',
      mark: 'bad',
      text: came.why,
      next: unopened(new FlowError(came.at, ''), server).next ?? '',
    });
    return false;
  }
  for (const finding of optionsReading(came, { asked, ms })) tell(finding);
  const answer = came?.kind === 'answer' ? came : came?.kind === 'rejected' ? came.message : undefined;
  if (answer) for (const finding of natReading(answer.headers, phone.local)) tell(finding);
  return true;
}

async function letIn(phone: Phone, tell: (finding: Finding) => void): Promise<void> {
  try {
    await using registration = await phone.register(300);
    const { granted } = registration;
    tell({ of: 'register', mark: 'good', text: `${phone.uri} is registered, for ${granted} s at a time` });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    tell({ of: 'register', mark: 'bad', ...refusalReading(error.refusal, 'REGISTER') });
  }
}

const nextOfIce = {
  settings: 'check `username` and `credential` below `ice`; some servers hand out credentials that end after hours',
  server: 'check its address and port below `ice`, and that no firewall drops UDP to it (`?transport=tcp` goes by TCP)',
} as const;

async function call(
  { listen, patience, headers }: Question,
  target: string,
  { phone, around }: { readonly phone: Phone; readonly around: ProbeSurroundings },
): Promise<void> {
  const { clock, signal, tell } = around;
  const call = await phone.dial(target, { headers }).catch((error: unknown) => {
    if (!(error instanceof IceError)) throw error;
    tell({ of: 'ice', mark: 'bad', text: error.message, next: nextOfIce[error.fault] });
  });
  if (!call) return;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const ends = (event: (typeof call.events)[number]): event is typeof event =>
    event.type === 'answered' || event.type === 'refused' || event.type === 'ended';
  const outcome = await call.until(ends, 0, limit).then(
    ({ event }) => event,
    () => undefined,
  );
  for (const event of call.events)
    if (event.type === 'trouble') tell({ of: 'ice', mark: 'notice', text: event.message, next: nextOfIce.server });
  const told = timesReading(call, { outcome: outcome?.type, patience });
  if (told) tell(told);
  if (outcome?.type === 'refused') tell({ of: 'call', mark: 'bad', ...refusalReading(outcome.refusal, 'INVITE') });
  if (outcome?.type === 'answered') {
    for (const finding of codecReading(call)) tell(finding);
    call.media
      .play(lineLevel(babble('one two three four five six seven eight nine ten')), { loop: true })
      .catch(() => {});
    const over = (event: (typeof call.events)[number]): event is typeof event => event.type === 'ended';
    await call.until(over, 0, AbortSignal.any([signal, AbortSignal.timeout(listen)])).catch(() => undefined);
    const figures = await call.media.figures();
    const flow = audioFlow(figures, Math.min(2000, listen));
    for (const finding of soundReading(call, { figures, flow })) tell(finding);
  }
  const before = clock.now();
  const wasOver = call.over;
  await call.close();
  if (outcome?.type !== 'answered') return;
  const ms = Math.round(clock.now() - before);
  const said = call.messages.some(({ direction, message }) => direction === 'in' && message.method === 'BYE');
  tell(endReading({ ms, end: wasOver ? 'theirs' : said ? 'ours' : 'unanswered' }));
}
