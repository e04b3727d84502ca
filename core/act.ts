import type { Clock } from './clock.ts';
import { Deadline, Late, Stopped, settle } from './deadline.ts';
import type { Action, Tools } from './driver.ts';
import { Failure, SpecError } from './errors.ts';
import type { Note, Trouble } from './event.ts';
import type { Status } from './verdict.ts';

/** An action that has not ended so long after its stop signal is abandoned and broken, ms; a watcher may ask for more. */
const usual = 500;

export interface Acting {
  readonly action: Action;
  readonly args: unknown;
  readonly within: number;
  readonly target?: number;
  readonly layer: string;
  readonly retry: number;
  /** Stands in `whenever`. */
  readonly watching?: boolean;
  readonly clock: Clock;
  /** Opens the session until the signal that it asks for fires, or hands out the open one. */
  session(signal: () => AbortSignal): Promise<AsyncDisposable>;
  /** Stops of the walk: interrupt, limit of the journey, end of `finally`. */
  readonly stop: AbortSignal;
  /** Why what it acted on is not there, through our own doing; asked when it failed. */
  readonly gone?: () => Promise<string | undefined>;
  note(note: Note): void;
  acted(at: number): void;
  actOf(step: string): number | undefined;
}

export interface Outcome {
  readonly status: Exclude<Status, 'skipped'>;
  readonly ms: number;
  readonly origin: number;
  readonly firstMs?: number;
  readonly tries: number;
  readonly result?: unknown;
  readonly trouble?: Trouble;
  readonly reason?: string;
  /** The user interrupted: nobody's failure. */
  readonly stopped: boolean;
}

interface Try {
  readonly ms: number;
  readonly origin: number;
  readonly result?: unknown;
  readonly trouble?: Trouble;
  readonly poor: readonly string[];
  readonly stopped: boolean;
}

/** Does one action with its retries; `within` is over all tries, `target` is judged on the first. Never throws. */
export async function act(acting: Acting): Promise<Outcome> {
  const tries: Try[] = [];
  let limit: number | undefined;
  for (let n = 0; n <= acting.retry; n += 1) {
    const one = await ours(acting, await attemptOnce(acting, limit));
    tries.push(one);
    limit ??= one.origin + acting.within;
    const before = tries.at(-2);
    const twiceBroken = one.trouble?.kind === 'broken' && before?.trouble?.kind === 'broken';
    if (!one.trouble || one.stopped || one.trouble.kind === 'spec' || twiceBroken || limit <= acting.clock.now()) break;
  }
  return judged(acting, tries);
}

/** What failed because our own practice contact centre went away is broken: nothing was told about theirs. */
async function ours({ gone }: Acting, one: Try): Promise<Try> {
  const { trouble } = one;
  if (trouble?.kind !== 'failure') return one;
  const message = await gone?.();
  if (message === undefined) return one;
  const came = trouble.came === undefined ? trouble.message : `${trouble.message}; ${trouble.came}`;
  return { ...one, trouble: { ...trouble, kind: 'broken', message, came } };
}

function judged(acting: Acting, tries: readonly Try[]): Outcome {
  const last = tries.at(-1) as Try;
  const opening = tries[0] as Try;
  const { ms, origin, result, trouble, stopped } = last;
  const common = { ms, origin, tries: tries.length, stopped, ...(tries.length > 1 ? { firstMs: opening.ms } : {}) };
  if (trouble) return { ...common, status: trouble.kind === 'failure' ? 'failed' : 'broken', trouble };
  // What must not come is looked for until the limit: it cannot be late.
  const late = acting.target !== undefined && opening.ms > acting.target && !forbids(acting);
  if (late || last.poor.length > 0)
    return { ...common, status: 'degraded', result, ...(last.poor.length > 0 ? { reason: last.poor.join('; ') } : {}) };
  return { ...common, status: 'passed', result };
}

/** `limit` is what the first try left: an origin set by a later one moves what is told, not the end (epoch ms). */
async function attemptOnce(acting: Acting, limit: number | undefined): Promise<Try> {
  const { clock, action, stop } = acting;
  let origin = clock.now();
  const within = limit === undefined ? acting.within : limit - origin;
  let end: number | undefined;
  const poor: string[] = [];
  const failed = (error: unknown, at = clock.now()): Try => ({
    ms: Math.max(0, at - origin),
    origin,
    trouble: troubleOf(error),
    poor,
    stopped: error instanceof Stopped,
  });
  let session: AsyncDisposable;
  try {
    stop.throwIfAborted();
    session = await opened(acting, within);
  } catch (error) {
    return failed(error);
  }
  origin = clock.now();
  const left = limit === undefined ? within : limit - origin;
  using deadline = new Deadline({ now: () => clock.now(), origin, within: left, stop });
  const { signal } = deadline;
  const tools: Tools = {
    signal,
    clock,
    layer: acting.layer,
    left: () => deadline.left(),
    note: acting.note,
    since: (at) => {
      origin = at;
      if (limit === undefined) deadline.origin(at);
    },
    until: (at) => {
      end = at;
    },
    acted: acting.acted,
    actOf: acting.actOf,
    longer: (ms) => deadline.longer(ms),
    degrade: (reason) => poor.push(reason),
    watching: acting.watching ?? false,
    ...(acting.target === undefined ? {} : { target: acting.target }),
  };
  const grace = acting.watching ? (action.grace ?? usual) : usual;
  const came = await settle((async () => action.run(acting.args as never, session, tools))(), signal, grace);
  if (came === 'ignored')
    return failed(new Error(`the action did not end within ${grace} ms of its stop signal (${reasonOf(signal)})`));
  if ('error' in came) return failed(meant(came.error, signal), end);
  if (cutShort(acting)) return failed(stop.reason, end);
  const ms = Math.max(0, (end ?? clock.now()) - origin);
  if (!forbids(acting) && origin + ms > (limit ?? origin + within))
    return {
      ...failed(new Late(`came after ${Math.round(ms)} ms, limit ${acting.within} ms`), origin + ms),
      result: came.value,
    };
  return { ms, origin, result: came.value, poor, stopped: false };
}

/** The walk ended while it ran: the journey was late, or what must not happen was not looked for to the end. */
function cutShort(acting: Acting): boolean {
  const { aborted, reason } = acting.stop;
  return aborted && (reason instanceof Late || (reason instanceof Stopped && forbids(acting)));
}

/** It looks until its limit for what must not come. */
const forbids = ({ action: { watch }, watching }: Acting) => watch === 'not' || (watch === 'gone' && watching === true);

async function opened(acting: Acting, within: number): Promise<AsyncDisposable> {
  let limit: AbortSignal | undefined;
  const limited = () => {
    const longest = Math.ceil(Math.max(1, Math.min(within, 0x7fffffff)));
    limit ??= AbortSignal.any([AbortSignal.timeout(longest), acting.stop]);
    return limit;
  };
  try {
    return await acting.session(limited);
  } catch (error) {
    if (limit && error === limit.reason && !acting.stop.aborted)
      throw new Error(`its session did not open within ${within} ms`);
    throw error;
  }
}

/** An action that was stopped often throws its own abort error: the signal's reason says why. */
function meant(error: unknown, signal: AbortSignal): unknown {
  // What an interrupted action has not seen is nobody's failure.
  if (signal.reason instanceof Stopped && error instanceof Failure) return signal.reason;
  if (error instanceof Failure || error instanceof SpecError) return error;
  const abort =
    error === signal.reason || (error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name));
  return abort && signal.aborted ? signal.reason : error;
}

const reasonOf = (signal: AbortSignal) =>
  signal.reason instanceof Error ? signal.reason.message : String(signal.reason);

/** Failed or broken is decided by the error, never by the clock. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof Failure) return { kind: 'failure', message: error.message, ...error.seen };
  if (error instanceof SpecError) {
    const hint = error.problems.find((problem) => problem.hint)?.hint;
    return {
      kind: 'spec',
      message: error.problems.map((problem) => problem.message).join('; '),
      ...(hint ? { hint } : {}),
    };
  }
  if (!(error instanceof Error))
    return { kind: 'broken', message: `something was thrown that is no error: ${show(error)}` };
  const cause =
    error.cause === undefined ? '' : ` (${error.cause instanceof Error ? error.cause.message : show(error.cause)})`;
  return {
    kind: 'broken',
    message: (error.message || error.name) + cause,
    ...(error.stack ? { stack: error.stack } : {}),
  };
}

function show(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
