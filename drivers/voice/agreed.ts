import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import { Refused, refusalText } from '../../telephony/sip/outcome.ts';

/** What the other side has to agree to: that it refuses is its failure, and so is that it has not answered when the step must end. */
export async function agreed<T>(
  asked: Promise<T>,
  { signal, to }: { readonly signal: AbortSignal; readonly to: string },
): Promise<T> {
  const late = () =>
    new Failure(`the other side did not answer ${to}`, { expected: `an answer to ${to}`, came: 'nothing' });
  try {
    return await before(signal, asked, late);
  } catch (error) {
    if (error instanceof Refused) throw new Failure(`${error.message}: ${refusalText(error.refusal)}`);
    throw error;
  }
}

/** So much longer a step may last while we ourselves get ready for it, ms. */
export const readying = 30_000;

/** What we alone have to do before the other side is asked: the limit of the step begins after it. Throws Error, no Failure, when it is not done. */
export async function prepared<T>(doing: Promise<T>, tools: Tools): Promise<T> {
  tools.longer(readying);
  const done = await before(
    tools.signal,
    doing,
    () => new Error(`our own phone did not open within ${readying / 1000} s`),
  );
  tools.since(tools.clock.now());
  tools.longer(0);
  return done;
}

async function before<T>(signal: AbortSignal, asked: Promise<T>, late: () => Error): Promise<T> {
  const over = Promise.withResolvers<never>();
  const stop = () => over.reject(signal.reason instanceof Failure ? late() : signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([asked, over.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    asked.catch(() => undefined);
  }
}
