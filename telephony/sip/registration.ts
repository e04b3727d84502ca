import type { IncomingResponseMessage, UserAgentCore } from 'sip.js/lib/core/index.js';
import { parseNameAddress } from './address.ts';
import type { sipUri } from './bridge.ts';
import { originOf } from './bridge.ts';
import type { FlowError } from './flow.ts';
import { header, headerValues, type SipResponse } from './message.ts';
import { type Refusal, Refused } from './outcome.ts';

export type RegistrationEvent =
  | { readonly type: 'registered'; readonly at: number; readonly expires: number }
  | { readonly type: 'lost'; readonly at: number; readonly refusal: Refusal };

export interface RegistrationSurroundings {
  readonly core: UserAgentCore;
  readonly self: ReturnType<typeof sipUri>;
  readonly registrar: ReturnType<typeof sipUri>;
  /** `Contact: <...>` */
  readonly contact: string;
  /** Seconds that are asked for. */
  readonly expires: number;
  readonly now: () => number;
  after(ms: number, ring: () => void): () => void;
  refusalOf(message: IncomingResponseMessage): Refusal;
}

/** ms until a registration that was lost is tried again: at first, and at most. */
const again = { first: 1000, most: 30_000 } as const;

/** A binding at a registrar (RFC 3261 §10), refreshed before it ends; 423 is followed. */
export class Registration implements AsyncDisposable {
  readonly #around: RegistrationSurroundings;
  readonly #listeners = new Set<(event: RegistrationEvent) => void>();
  readonly #dialogue: { callId: string; fromTag: string };
  #cseq = 0;
  #expires: number;
  #next: (() => void) | undefined;
  #closing = false;
  #registered = false;
  #granted = 0;
  #pause: number = again.first;

  private constructor(around: RegistrationSurroundings) {
    this.#around = around;
    this.#expires = around.expires;
    const { core, registrar, self } = around;
    const { callId, fromTag } = core.makeOutgoingRequestMessage('REGISTER', registrar, self, self, {});
    this.#dialogue = { callId, fromTag };
  }

  static async open(around: RegistrationSurroundings): Promise<Registration> {
    const registration = new Registration(around);
    await registration.#refresh();
    return registration;
  }

  /** Seconds that the registrar granted last. */
  get granted(): number {
    return this.#granted;
  }

  get registered(): boolean {
    return this.#registered;
  }

  on(listener: (event: RegistrationEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Takes the binding back; resolves whatever the registrar says. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#next?.();
    if (!this.#registered) return;
    this.#registered = false;
    await this.#ask(0).catch(() => undefined);
  }

  async #refresh(): Promise<void> {
    const granted = await this.#ask(this.#expires);
    this.#registered = true;
    this.#granted = granted;
    this.#pause = again.first;
    this.#tell({ type: 'registered', at: this.#around.now(), expires: granted });
    this.#later(Math.max(granted * 500, (granted - 30) * 1000));
  }

  #later(ms: number): void {
    if (this.#closing) return;
    this.#next = this.#around.after(ms, () => {
      this.#refresh().catch((error: unknown) => {
        this.#lost(error instanceof Refused ? error.refusal : { kind: 'no response' });
      });
    });
  }

  /** The connection that it was made over is gone: nobody can call us any more. */
  parted(why: FlowError): void {
    if (!this.#registered || this.#closing) return;
    this.#next?.();
    this.#lost({ kind: 'unreachable', at: why.at, why: why.message });
  }

  #lost(refusal: Refusal): void {
    this.#registered = false;
    this.#tell({ type: 'lost', at: this.#around.now(), refusal });
    this.#later(this.#pause);
    this.#pause = Math.min(this.#pause * 2, again.most);
  }

  /** Resolves to the seconds granted. */
  #ask(expires: number): Promise<number> {
    const { core, refusalOf } = this.#around;
    return new Promise((resolve, reject) => {
      const message = this.#request(expires);
      const refused = (came: { readonly message: IncomingResponseMessage }) => {
        this.#cseq = message.cseq;
        const answer = originOf(came.message);
        const least = answer?.status === 423 ? Number(header(answer, 'min-expires')) : Number.NaN;
        if (!(least > expires)) return reject(new Refused('the registration was refused', refusalOf(came.message)));
        this.#expires = least;
        resolve(this.#ask(least));
      };
      core.register(message, {
        onAccept: (came) => {
          this.#cseq = message.cseq;
          resolve(grantedBy(originOf(came.message), this.#around.contact) ?? expires);
        },
        onReject: refused,
        onRedirect: refused,
      });
    });
  }

  #request(expires: number) {
    const { core, self, registrar, contact } = this.#around;
    this.#cseq += 1;
    return core.makeOutgoingRequestMessage('REGISTER', registrar, self, self, { ...this.#dialogue, cseq: this.#cseq }, [
      `${contact};expires=${expires}`,
      `Expires: ${expires}`,
    ]);
  }

  #tell(event: RegistrationEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** The shortest time that the registrar says for a contact of our user. */
function grantedBy(answer: SipResponse | undefined, ours: string): number | undefined {
  if (!answer) return undefined;
  const user = parseNameAddress(ours.slice(ours.indexOf(':') + 1).trim())?.uri.user;
  const times = headerValues(answer, 'contact').flatMap((value) => {
    const contact = parseNameAddress(value);
    const seconds = contact?.uri.user === user ? Number(contact?.parameters.expires ?? Number.NaN) : Number.NaN;
    return seconds > 0 ? [seconds] : [];
  });
  const general = Number(header(answer, 'expires') ?? Number.NaN);
  return times.length > 0 ? Math.min(...times) : general > 0 ? general : undefined;
}
