/** A STUN or TURN server (RFC 8445, RFC 7064, RFC 7065); none is needed where both sides see each other. */
export interface IceServer {
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

/** Who is asked for addresses of ours; `relay`: no way but through a TURN server is offered or taken. */
export interface IceSettings {
  readonly servers: readonly IceServer[];
  readonly policy?: 'all' | 'relay';
  /** For `turns:`; where it is not given, authorities of the system. */
  readonly tls?: IceTls;
}

/** Who vouches for a server over TLS. */
export interface IceTls {
  /** Path of a PEM file. */
  readonly ca?: string;
  /** What the certificate must name; the host of the URL where not given. */
  readonly name?: string;
  /** False: any certificate will do. */
  readonly verify?: boolean;
}

/**
 * ms that the description waits for servers: for an address as others see us, for a relay, for a relay where there is no other way, and
 * then for more of them; and how long UDP alone is tried.
 */
export const patience = { stun: 500, turn: 1000, only: 5000, more: 200, udp: 400 } as const;

/** How long nobody waits for a server that did not answer, ms. */
const rest = 60_000;

/** What kept a server from serving: it did not answer, it does not take the credentials, or what it said. */
export type IceTrouble = 'silent' | 'refused' | (string & {});

export const isTurn = ({ urls }: IceServer): boolean => /^turns?:/i.test(urls);

/** What is told of a server that did not serve. */
export function troubleText({ urls, username = '' }: IceServer, trouble: IceTrouble): string {
  if (trouble === 'silent') return `${urls} does not answer`;
  if (trouble === 'refused') return `${urls} refuses the credentials of \`${username}\``;
  return `${urls}: ${trouble}`;
}

/** One server that did not serve a call. */
export interface IceFailure {
  readonly server: IceServer;
  readonly trouble: IceTrouble;
}

/** Why a call has no sound to offer. `fault`: `settings` is ours to mend, `server` theirs. */
export class IceError extends Error {
  readonly fault: 'settings' | 'server';
  constructor(fault: IceError['fault'], message: string) {
    super(message);
    this.name = 'IceError';
    this.fault = fault;
  }
}

/** Throws IceError where credentials are wrong, whatever other ways there are, and where only a relay would do and there is none. */
export function judgeServers(
  { policy }: Pick<IceSettings, 'policy'>,
  failed: readonly IceFailure[],
  relayed: boolean,
): void {
  const refused = failed.filter(({ trouble }) => trouble === 'refused');
  const words = (those: readonly IceFailure[]) =>
    those.map(({ server, trouble }) => troubleText(server, trouble)).join('; ');
  if (refused.length > 0) throw new IceError('settings', words(refused));
  if (policy === 'relay' && !relayed)
    throw new IceError('server', `no relay for the sound of the call: ${words(failed) || 'no TURN server gave one'}`);
}

/** Which servers did not answer lately: a call that has other ways does not wait for them again. */
export class SilentServers {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  has({ urls }: IceServer): boolean {
    return (this.#until.get(urls) ?? 0) > this.#now();
  }

  add({ urls }: IceServer): void {
    this.#until.set(urls, this.#now() + rest);
  }
}
