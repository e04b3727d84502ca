import {
  type Candidate,
  Candidate as CandidateOf,
  type Connection,
  candidateFoundation,
  candidatePriority,
  classes,
  Message,
  methods,
  StunOverTurnProtocol,
  StunProtocol,
  serverReflexiveCandidate,
} from 'werift';
import { addressOf, allocated } from './ice-relay.ts';
import {
  type IceFailure,
  type IceServer,
  type IceSettings,
  type IceTrouble,
  isTurn,
  judgeServers,
  patience,
  SilentServers,
} from './ice-servers.ts';

/** What werift keeps to itself: its sockets, and the gathering that ours is added to. */
interface Gatherer {
  protocols: { readonly localCandidate?: Candidate | undefined }[];
  getCandidatePromises(addresses: string[], timeout?: number): Promise<unknown>[];
  ensureProtocol(protocol: StunOverTurnProtocol): void;
  appendLocalCandidate(candidate: Candidate): void;
}

/** Of this thread: what one call has waited for in vain, the next one does not. */
const silent = new SilentServers();

/**
 * Asks every STUN and TURN server for a call. werift 0.25 asks the first of each, a public one where none is named, waits 5 s for one that
 * is down, and tells nobody of one that refuses.
 */
export class IceGathering {
  readonly #settings: IceSettings;
  readonly #host: string;
  readonly #failed: IceFailure[] = [];
  readonly #relays: StunOverTurnProtocol[] = [];
  readonly #relayed = Promise.withResolvers<void>();

  constructor(settings: IceSettings, host: string) {
    this.#settings = settings;
    this.#host = host;
  }

  /** Before the connection gathers. */
  attach(connection: Connection): void {
    const gatherer = connection as unknown as Gatherer;
    const own = gatherer.getCandidatePromises.bind(connection);
    const { servers, policy } = this.#settings;
    const only = policy === 'relay';
    gatherer.getCandidatePromises = (_, timeout) => {
      Object.assign(connection, { stunServer: undefined, turnServer: undefined });
      // Only the address that faces the PBX: werift adds all others where that is loopback, and FreeSWITCH 1.11 follows
      // whichever asked last, even after DTLS has begun with another.
      const hosts = own(only ? [] : [this.#host], timeout);
      const asked = servers.filter((server) => (only ? isTurn(server) : !silent.has(server)));
      const ready = Promise.allSettled(hosts);
      return [...hosts, ...asked.map((server) => this.#ask(server, { connection, ready }))];
    };
  }

  /** Servers that did not serve. Throws what `judgeServers` throws. */
  end(connection: Connection): readonly IceFailure[] {
    const relayed = connection.localCandidates.some(({ type }) => type === 'relay');
    judgeServers(this.#settings, this.#failed, relayed);
    return this.#failed;
  }

  /** Gives relayed addresses back: a server keeps them for ten minutes otherwise, and counts them. */
  async close(): Promise<void> {
    await Promise.all(this.#relays.map(giveBack));
  }

  async #ask(server: IceServer, to: { connection: Connection; ready: Promise<unknown> }): Promise<void> {
    const only = this.#settings.policy === 'relay';
    const limit = !isTurn(server) ? patience.stun : only ? patience.only : patience.turn;
    const asking = isTurn(server) ? this.#relay(server, to.connection) : this.#mapped(server, to);
    const trouble = await within(limit, asking, only ? this.#relayed.promise : undefined).catch(troubleOf);
    if (trouble === undefined) return;
    this.#failed.push({ server, trouble });
    if (trouble === 'silent') silent.add(server);
  }

  /** Our addresses as a STUN server sees them. */
  async #mapped(
    server: IceServer,
    { connection, ready }: { connection: Connection; ready: Promise<unknown> },
  ): Promise<void> {
    const address = addressOf(server);
    await ready;
    const gatherer = connection as unknown as Gatherer;
    const sockets = gatherer.protocols.filter((protocol) => protocol instanceof StunProtocol);
    const found = await Promise.all(sockets.map((socket) => serverReflexiveCandidate(socket, [...address])));
    if (sockets.length > 0 && found.every((candidate) => candidate === undefined)) throw new Error('silent');
    for (const candidate of found) {
      const known = connection.localCandidates.some(
        ({ host, port }) => host === candidate?.host && port === candidate.port,
      );
      if (candidate && !known) gatherer.appendLocalCandidate(candidate);
    }
  }

  /** An address of a TURN server's that it passes on to us. */
  async #relay(server: IceServer, connection: Connection): Promise<void> {
    const turn = await allocated(server, { host: this.#host, tls: this.#settings.tls });
    const relay = new StunOverTurnProtocol(turn);
    const { relayedAddress, mappedAddress } = relay.turn;
    const { generation, localUsername, state, localCandidatesEnd } = connection;
    if (state === 'closed' || localCandidatesEnd) return giveBack(relay);
    this.#relays.push(relay);
    const gatherer = connection as unknown as Gatherer;
    gatherer.ensureProtocol(relay);
    gatherer.protocols.push(relay);
    relay.localCandidate = new CandidateOf(
      candidateFoundation('relay', 'udp', relayedAddress[0]),
      1,
      'udp',
      candidatePriority('relay'),
      ...relayedAddress,
      'relay',
      ...mappedAddress,
      undefined,
      generation,
      localUsername,
    );
    gatherer.appendLocalCandidate(relay.localCandidate);
    this.#relayed.resolve();
  }
}

/** RFC 8656 §3.9: a lifetime of 0 ends the allocation. */
async function giveBack({ turn }: StunOverTurnProtocol): Promise<void> {
  const request = new Message(methods.REFRESH, classes.REQUEST).setAttribute('LIFETIME', 0);
  await within(200, turn.requestWithRetry(request, turn.server)).catch(() => undefined);
  await turn.close();
}

/** Gives up after so many ms, and sooner once there is one that is `enough`. */
async function within<T>(ms: number, work: Promise<T>, enough?: Promise<void>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const end = () => late.reject(new Error('silent'));
  let timer = setTimeout(end, ms);
  void enough?.then(() => {
    clearTimeout(timer);
    timer = setTimeout(end, patience.more);
  });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** RFC 8489 §14.8. */
function troubleOf(error: unknown): IceTrouble {
  const { response, message, name } = error as Error & { readonly response?: Message };
  const [status, phrase] = (response?.getAttributeValue('ERROR-CODE') ?? []) as [number?, string?];
  if (status === 401 || status === 441) return 'refused';
  if (status !== undefined) return `${status} ${phrase ?? ''}`.trim();
  if (message === 'refused') return message;
  return message === 'silent' || name === 'TransactionTimeout' || message === '' ? 'silent' : message;
}
