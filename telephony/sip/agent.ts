import type { IncomingResponseMessage, OutgoingRequestMessage } from 'sip.js/lib/core/index.js';
import { parametersText, parseNameAddress, quote, type Uri } from './address.ts';
import { originOf, sipUri } from './bridge.ts';
import type { Account } from './digest.ts';
import type { EndpointCounters } from './endpoint.ts';
import { bracketed, parseServer, type Transport } from './flow.ts';
import { harden } from './hardening.ts';
import { SipLeg } from './leg.ts';
import type { Parley } from './leg-event.ts';
import { header, headerValues, methods } from './message.ts';
import type { Refusal } from './outcome.ts';
import { Registration } from './registration.ts';
import type { ReliabilityCounters } from './reliability.ts';
import { parseReplaces } from './replaces.ts';
import { hopsOf } from './resolver.ts';
import type { Guest } from './sockets.ts';
import { Stack, type StackSurroundings } from './stack.ts';
import { hostPort, targetOf, uriOf, userPart } from './target.ts';
import type { TlsSettings } from './tls.ts';

export interface AgentSettings {
  /** User part of From and Contact. */
  readonly user: string;
  /** Host of From and of dialled numbers; default: the server's. */
  readonly domain?: string;
  readonly display?: string;
  /** Where another number than our own is shown: in From (the default), or beside our own From. */
  readonly identity?: 'from' | 'asserted' | 'preferred';
  /** Registrar and outbound proxy, as people write it; without one requests go to the host of their target. */
  readonly server?: string;
  /** Outbound proxy, where it is another than the server. */
  readonly proxy?: string;
  /** Without a server: SIP URI of a peer that our address is to face. */
  readonly facing?: string;
  readonly transport?: Transport;
  /** Address to bind; default: the one that faces the server. */
  readonly host?: string;
  readonly port?: number;
  readonly account?: Account;
  readonly tls?: TlsSettings;
  /** Calls for other users than ours are taken too. */
  readonly anyUser?: boolean;
}

export interface DialOptions {
  readonly parley: Parley;
  /** `Name: value` lines of the INVITE. */
  readonly headers?: readonly string[];
  /** Another From than the agent's; `withheld` asks for privacy (RFC 3323). */
  readonly from?: { readonly user: string; readonly display?: string } | 'withheld';
  /** Whether a redirect to this URI (300, 301, 302) is followed; without it none is. */
  readonly follow?: (to: string) => boolean;
}

/** Where a user can be called, by a REGISTER that we took. */
export interface Binding {
  /** User part of the address of record. */
  readonly user: string;
  /** URI of the Contact. */
  readonly contact: string;
  /** s; 0: the binding is taken back. */
  readonly expires: number;
}

/** What came back to OPTIONS. */
export interface Reachable {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/** A SIP user agent: one persona, its sockets, its calls. */
export class SipAgent implements AsyncDisposable {
  readonly #settings: AgentSettings;
  readonly #around: StackSurroundings;
  readonly #stack: Stack;
  readonly #domain: string;
  readonly #self: Uri;
  /** Calls that are not over, by Call-ID. */
  readonly #legs = new Map<string, SipLeg>();

  private constructor(settings: AgentSettings, around: StackSurroundings, stack: Stack) {
    this.#settings = settings;
    this.#around = around;
    this.#stack = stack;
    const { server, domain, user } = settings;
    const there = server === undefined ? undefined : parseServer(server)?.uri;
    this.#domain = domain ?? (there ? hostPort(there) : `${stack.local.host}:${stack.local.port}`);
    this.#self = uriOf(`sip:${userPart(user)}@${this.#domain}`);
  }

  /** Throws FlowError when the server's name is unknown, Error when the server is unreadable or the port is taken. */
  static async open(settings: AgentSettings, around: StackSurroundings): Promise<SipAgent> {
    harden();
    const { server, user, display, account, host, port = 0, anyUser = false } = settings;
    const through = settings.proxy ?? server;
    const there = through === undefined ? undefined : parseServer(through);
    if (through !== undefined && !there) throw new Error(`not a SIP server: ${through}`);
    if (server !== undefined && !parseServer(server)) throw new Error(`not a SIP server: ${server}`);
    const transport = settings.transport ?? there?.transport ?? 'udp';
    const faced = there ?? (settings.facing === undefined ? undefined : parseServer(settings.facing));
    const peer = faced && (await hopsOf(faced.uri, transport))[0];
    const where = there && `${hostPort(there.uri)}${parametersText(there.uri.parameters)}`;
    const sockets = {
      transport,
      port,
      ...(host === undefined ? {} : { host }),
      ...(peer ? { peer } : {}),
      ...(settings.tls ? { tls: settings.tls } : {}),
      ...(there?.path === undefined ? {} : { path: there.path }),
    };
    const stack = await Stack.open(
      {
        sockets,
        user: userPart(user),
        anyUser,
        route: where === undefined ? [] : [`<sip:${where};lr>`],
        ...(display === undefined ? {} : { display }),
        ...(account ? { account } : {}),
      },
      around,
    );
    return new SipAgent(settings, around, stack);
  }

  get local(): Stack['local'] {
    return this.#stack.local;
  }

  /** Address of record. */
  get uri(): string {
    return this.#self.text;
  }

  get counters(): EndpointCounters & ReliabilityCounters {
    return this.#stack.counters;
  }

  /** Transactions that are remembered. */
  get pending(): number {
    return this.#stack.endpoint.reliability.size;
  }

  /** Takes calls from now on; without it they are answered 480. `invited` gets a leg that nobody has answered yet. */
  answer(parleyOf: () => Parley, invited: (leg: SipLeg) => void): void {
    this.#stack.core.delegate.onInvite = (uas) => {
      const asked = header(originOf(uas.message), 'replaces');
      const wanted = asked === undefined ? undefined : parseReplaces(asked);
      if (asked !== undefined && !wanted) return void uas.reject({ statusCode: 400 });
      const replaces = wanted && [...this.#legs.values()].find((leg) => leg.isReplacedBy(wanted));
      if (wanted && !replaces) return void uas.reject({ statusCode: 481 });
      if (wanted?.earlyOnly) return void uas.reject({ statusCode: 486 });
      invited(this.#keep(SipLeg.offered({ uas, parley: parleyOf(), replaces }, this.#legSurroundings())));
    };
  }

  /** What a dialled text means here; see `targetOf`. */
  resolve(target: string): string {
    return targetOf(target, this.#domain).text;
  }

  /** Throws Error when the target is no number and no address; everything after that is an event of the leg. */
  dial(target: string, { parley, headers = [], from, follow }: DialOptions): SipLeg {
    const uri = targetOf(target, this.#domain);
    const { display, shown, lines: presented } = this.#presented(from);
    const { core, contact } = this.#stack;
    const names = display === undefined ? {} : { fromDisplayName: display };
    const lines = [contact, `Allow: ${methods}`, ...presented, ...headers];
    let before: { readonly callId: string; readonly fromTag: string; readonly cseq: number } | undefined;
    const request = (more: { readonly lines: readonly string[]; readonly to?: string }) => {
      const same = before ? { callId: before.callId, fromTag: before.fromTag, cseq: before.cseq + 1 } : {};
      const where = sipUri(more.to === undefined ? uri : uriOf(more.to));
      const all = [...lines, ...more.lines];
      before = core.makeOutgoingRequestMessage('INVITE', where, sipUri(shown), sipUri(uri), { ...names, ...same }, all);
      return before as OutgoingRequestMessage;
    };
    let message: OutgoingRequestMessage | undefined = request({ lines: [] });
    const remote = parseNameAddress(`<${uri.text}>`);
    if (!remote) throw new Error(`not a SIP address: ${uri.text}`);
    const { callId } = message;
    const leg = SipLeg.dial(
      { callId, remote, parley, ...(follow ? { follow } : {}) },
      this.#legSurroundings(),
      (delegate, offer, more) => {
        const invite = message ?? request(more);
        message = undefined;
        invite.body = { body: offer, contentType: 'application/sdp' };
        return core.invite(invite, delegate);
      },
    );
    return this.#keep(leg);
  }

  /** See `Sockets.take`. */
  take(guest: Guest): Promise<void> {
    return this.#stack.take(guest);
  }

  /** Takes every REGISTER, without asking for a password, for as long as it asks: a registrar on loopback (RFC 3261 §10.3). */
  registrar(registered: (binding: Binding) => void): void {
    this.#stack.core.delegate.onRegister = (request) => {
      const message = originOf(request.message);
      const general = Number(header(message, 'expires') ?? 300);
      const contacts = headerValues(message, 'contact').flatMap((value) => parseNameAddress(value) ?? []);
      const extraHeaders = contacts.map(({ uri, parameters }) => {
        const expires = Number(parameters.expires ?? general);
        // Over a connection they are called where it comes from: their own address may be nobody's (RFC 7118 §5).
        const { transport, parameters: via } = message.via;
        const contact =
          transport.toUpperCase() === 'UDP' || !via.received
            ? uri.text
            : `sip:${message.to.uri.user}@${bracketed(via.received)}:${via.rport};transport=${transport.toLowerCase()}`;
        registered({ user: message.to.uri.user, contact, expires });
        return `Contact: <${uri.text}>;expires=${expires}`;
      });
      request.accept({ statusCode: 200, extraHeaders });
    };
  }

  /** Asks whether anybody is there (RFC 3261 §11). */
  options(target: string): Promise<Reachable | Refusal> {
    const { core, contact } = this.#stack;
    const uri = sipUri(targetOf(target, this.#domain));
    const headers = [contact, 'Accept: application/sdp'];
    const message = core.makeOutgoingRequestMessage('OPTIONS', uri, sipUri(this.#self), uri, {}, headers);
    return new Promise((resolve) => {
      const done = (came: { readonly message: IncomingResponseMessage }) => {
        const answer = originOf(came.message);
        if (answer) resolve({ kind: 'answer', status: answer.status, headers: answer.headers });
        else resolve(this.#stack.refusalOf(came.message));
      };
      core.request(message, { onAccept: done, onReject: done, onRedirect: done });
    });
  }

  /** Registers, and keeps registered until disposed. Resolves with the first 200; throws Refused. */
  async register(expires = 300): Promise<Registration> {
    const { core, contact, alarms } = this.#stack;
    const registration = await Registration.open({
      core,
      self: sipUri(this.#self),
      registrar: sipUri(uriOf(`sip:${this.#domain}`)),
      contact,
      expires,
      now: () => this.#around.clock.now(),
      after: (ms, ring) => alarms.after(ms, ring),
      refusalOf: (message) => this.#stack.refusalOf(message),
    });
    this.#stack.parted = (why) => registration.parted(why);
    return registration;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }

  #legSurroundings() {
    const { endpoint, contact, alarms } = this.#stack;
    return {
      now: () => this.#around.clock.now(),
      random: this.#around.random,
      contact,
      after: (ms: number, ring: () => void) => alarms.after(ms, ring),
      refusalOf: (message: IncomingResponseMessage) => this.#stack.refusalOf(message),
      closed: (callId: string) => {
        endpoint.forget(callId);
        this.#legs.delete(callId);
      },
    };
  }

  /** Who calls, as From and beside it (RFC 3323, RFC 3325): a PBX that knows accounts by From wants another number elsewhere. */
  #presented(from: DialOptions['from']) {
    const { display, identity = 'from' } = this.#settings;
    const self = this.#self;
    if (from === undefined) return { display, shown: self, lines: [] };
    const withheld = from === 'withheld';
    const number = withheld ? self : uriOf(`sip:${userPart(from.user)}@${this.#domain}`);
    const name = identity === 'asserted' ? 'P-Asserted-Identity' : 'P-Preferred-Identity';
    const words = withheld || from.display === undefined ? '' : `${quote(from.display)} `;
    const lines = [...(withheld ? ['Privacy: id'] : []), `${name}: ${words}<${number.text}>`];
    if (identity !== 'from') return { display, shown: self, lines };
    if (!withheld) return { display: from.display, shown: number, lines: [] };
    return { display: 'Anonymous', shown: uriOf('sip:anonymous@anonymous.invalid'), lines };
  }

  #keep(leg: SipLeg): SipLeg {
    if (leg.state !== 'over') this.#legs.set(leg.callId, leg);
    return leg;
  }
}
