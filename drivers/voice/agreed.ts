import { Failure } from '../../core/errors.ts';
import { Refused, refusalText } from '../../telephony/sip/outcome.ts';

/** What the other side has to agree to: that it refuses is its failure, and so is that it has not answered when the step must end. */
export async function agreed<T>(
  asked: Promise<T>,
  { signal, to }: { readonly signal: AbortSignal; readonly to: string },
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const stop = () =>
    late.reject(
      signal.reason instanceof Failure
        ? new Failure(`the other side did not answer ${to}`, { expected: `an answer to ${to}`, came: 'nothing' })
        : signal.reason,
    );
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([asked, late.promise]);
  } catch (error) {
    if (error instanceof Refused) throw new Failure(`${error.message}: ${refusalText(error.refusal)}`);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    asked.catch(() => undefined);
  }
}
