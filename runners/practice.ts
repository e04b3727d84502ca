import { SpecError } from '../core/errors.ts';
import type { Place } from './place.ts';

/** Port of `throughline lab`; a run looks there before it starts a lab of its own. */
export const labPort = 4600;

export interface Practice extends AsyncDisposable {
  /** What `${lab.*}` is filled with. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly said?: string;
  /** Why it is not there any more, or undefined while it is; absent where there is none. Never rejects. */
  readonly gone?: () => Promise<string | undefined>;
}

/** The practice contact centre: one given, one found, or one of our own on a free port. */
export async function openLab(wanted: boolean, place: Place): Promise<Practice> {
  const usual = `http://127.0.0.1:${labPort}`;
  const outside = async (url: string, said?: string): Promise<Practice> => ({
    addresses: await addressesOf(url),
    ...(said ? { said } : {}),
    gone: () => goneFrom(url),
    [Symbol.asyncDispose]: async () => undefined,
  });
  if (place.lab !== undefined) {
    if (!/^https?:$/.test(URL.parse(place.lab)?.protocol ?? ''))
      throw new SpecError(`--lab takes a URL, got ${place.lab}`, `for example --lab ${usual}`);
    const url = place.lab.replace(/\/$/, '');
    if (place.live && !(await answers(url, 5_000)))
      throw new SpecError(`no practice contact centre answers at ${url}`, 'start one: throughline lab --port N');
    return outside(url);
  }
  if (!wanted) return { addresses: {}, [Symbol.asyncDispose]: async () => undefined };
  if (!place.live) return outside(usual);
  if (place.faults === undefined && (await answers(usual, 500)))
    return outside(usual, `practice contact centre at ${usual}`);
  const { startLab } = await import('../lab/lab.ts');
  const lab = await startLab({ faults: place.faults ?? {} });
  return {
    addresses: await addressesOf(lab.url),
    said: `practice contact centre started at ${lab.url}`,
    gone: () => goneFrom(lab.url),
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}

const addressesOf = async (url: string) => ({
  url,
  ws: url.replace(/^http/, 'ws'),
  sip: new URL(url).host,
  prompts: await (await import('../lab/phones/prompts.ts')).renderPrompts(),
});

/** Asked twice: the connection that the first question goes by may be one that had ended. */
async function goneFrom(url: string): Promise<string | undefined> {
  if ((await answers(url, 5_000)) || (await answers(url, 5_000))) return undefined;
  return `the practice contact centre at ${url} is not there any more`;
}

async function answers(url: string, patience: number): Promise<boolean> {
  try {
    return (await fetch(`${url}/faults`, { signal: AbortSignal.timeout(patience) })).ok;
  } catch {
    return false;
  }
}
