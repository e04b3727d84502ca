import { decimator } from './decimator.ts';
import {
  type IceFailure,
  type IceServer,
  type IceSettings,
  isTurn,
  judgeServers,
  patience,
  SilentServers,
  troubleText,
} from './ice-servers.ts';
import type { Peer, PeerEngine, ServerError } from './peer-engine.ts';
import { figuresOf } from './peer-figures.ts';
import { PeerKeys } from './peer-keys.ts';
import type { PeerTold, Presses, Tone } from './peer-protocol.ts';

const packet = 160;

/** Of this process or page: what one call has waited for in vain, the next one does not. */
const silent = new SilentServers();

/** What a call is told of at its beginning. */
interface Opening {
  readonly leg: number;
  readonly ice: IceSettings;
  /** In order of liking. */
  readonly codecs: readonly string[];
  readonly tell: (told: PeerTold) => void;
}

/** One call whose packets libwebrtc makes, in a process or in a browser: 20 ms of 8 kHz in and out. */
export class PeerCall<Track> {
  readonly #leg: number;
  readonly #tell: Opening['tell'];
  readonly #engine: PeerEngine<Track>;
  readonly #peer: Peer<Track>;
  readonly #ice: IceSettings;
  readonly #codecs: readonly string[];
  readonly #source: ReturnType<PeerEngine<Track>['source']>;
  readonly #keys: PeerKeys | undefined;
  #deafen = () => {};
  #began = false;
  #waiting = new Int16Array(0);

  constructor(engine: PeerEngine<Track>, { leg, ice, codecs, tell }: Opening) {
    this.#engine = engine;
    this.#leg = leg;
    this.#codecs = codecs;
    this.#tell = tell;
    const { servers, policy = 'all' } = ice;
    const asked = servers.filter((server) => (policy === 'relay' ? isTurn(server) : !silent.has(server)));
    this.#ice = { servers: asked, policy };
    const iceServers = asked.flatMap((server) => waysTo(server).map((urls) => ({ ...server, urls })));
    this.#peer = engine.connect({ iceServers, iceTransportPolicy: policy });
    this.#source = engine.source();
    const { dtmf } = this.#peer.addTrack(this.#source.track);
    this.#keys = dtmf ? new PeerKeys(dtmf) : undefined;
    this.#peer.ontrack = ({ track }) => this.#listen(track);
    this.#peer.onconnectionstatechange = () => {
      const state = this.#peer.connectionState;
      if (state === 'connected') this.#tell({ tell: 'connected', leg });
      if (state === 'failed') this.#tell({ tell: 'trouble', leg, why: 'the WebRTC connection failed' });
    };
  }

  /** Our offer, or the answer to theirs, with all its candidates. */
  async describe(offer?: string): Promise<string> {
    if (offer !== undefined) await this.#peer.setRemoteDescription({ type: 'offer', sdp: offer });
    this.#prefer();
    const made = offer === undefined ? await this.#peer.createOffer() : await this.#peer.createAnswer();
    const gathered = this.#gathered();
    await this.#peer.setLocalDescription(made);
    const failed = await gathered;
    const { sdp } = this.#peer.localDescription ?? {};
    if (!sdp) throw new Error('no local description');
    judgeServers(this.#ice, failed, / typ relay\b/.test(sdp));
    for (const { server, trouble } of failed)
      this.#tell({ tell: 'trouble', leg: this.#leg, why: troubleText(server, trouble) });
    return this.#keys ? sdp : withoutKeys(sdp);
  }

  /** Names the codecs that are wanted, in that order, and keys at their clocks. */
  #prefer(): void {
    const kindOf = (mime: string) => mime.slice(mime.indexOf('/') + 1).toUpperCase();
    const all = this.#engine.capabilities;
    const wanted = this.#codecs.flatMap((name) => all.filter(({ mimeType }) => kindOf(mimeType) === name));
    const events = all.filter(
      ({ mimeType, clockRate }) =>
        kindOf(mimeType) === 'TELEPHONE-EVENT' && wanted.some((codec) => codec.clockRate === clockRate),
    );
    for (const transceiver of this.#peer.getTransceivers()) transceiver.setCodecPreferences([...wanted, ...events]);
  }

  /** Resolves when all candidates are there, or have been waited for long enough, to the servers that did not serve. */
  #gathered(): Promise<readonly IceFailure[]> {
    const { servers, policy } = this.#ice;
    const failed: IceFailure[] = [];
    /** Ways to a server that do not answer. */
    const mute = new Map<IceServer, Set<boolean>>();
    this.#peer.onicecandidateerror = ({ url, errorCode, errorText }: ServerError) => {
      const server = servers.find(({ urls }) => sameServer(urls, url));
      if (!server || failed.some((one) => one.server === server)) return;
      const trouble = errorCode === 401 || errorCode === 441 ? 'refused' : errorCode === 701 ? 'silent' : errorText;
      const ways = (mute.get(server) ?? new Set()).add(/transport=tcp/i.test(url));
      mute.set(server, ways);
      if (trouble === 'silent' && ways.size < waysTo(server).length) return;
      failed.push({ server, trouble });
      if (trouble === 'silent') silent.add(server);
    };
    const limit = policy === 'relay' ? patience.only : servers.some(isTurn) ? patience.turn : patience.stun;
    return new Promise((resolve) => {
      const end = () => {
        const sdp = this.#peer.localDescription?.sdp ?? '';
        const served = (server: IceServer) => sdp.includes(isTurn(server) ? ' typ relay ' : ' typ srflx ');
        const missing = servers.filter((one) => !served(one) && failed.every(({ server }) => server !== one));
        for (const server of missing) silent.add(server);
        resolve([...failed, ...missing.map((server) => ({ server, trouble: 'silent' }))]);
      };
      let late = setTimeout(end, limit);
      this.#peer.onicecandidate = ({ candidate }: { readonly candidate: unknown }) => {
        if (policy !== 'relay' || !candidate) return;
        clearTimeout(late);
        late = setTimeout(end, patience.more);
      };
      this.#peer.onicegatheringstatechange = () => {
        if (this.#peer.iceGatheringState !== 'complete') return;
        clearTimeout(late);
        resolve(failed);
      };
    });
  }

  async accept(answer: string): Promise<void> {
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  say(samples: Int16Array): void {
    this.#source.say(samples);
  }

  /** Keys that were sent as telephone-events. Throws Error where none can be. */
  async press(presses: Presses): Promise<readonly Tone[]> {
    if (!this.#keys) throw new Error('this engine sends no telephone-events');
    return this.#keys.press(presses);
  }

  stopPressing(): void {
    this.#keys?.stop();
  }

  async report(): Promise<void> {
    const figures = figuresOf(await this.#peer.getStats());
    this.#began ||= figures.received > 0;
    this.#tell({ tell: 'figures', leg: this.#leg, figures });
  }

  close(): void {
    this.stopPressing();
    this.#deafen();
    this.#source.end();
    this.#peer.close();
  }

  #listen(track: Track): void {
    let rate = 0;
    let down = decimator(1);
    this.#deafen = this.#engine.listen(track, (samples, sampleRate) => {
      // Before the first packet it plays silence of its own, which would look like sound that came.
      this.#began ||= samples.some((sample) => sample !== 0);
      if (!this.#began) return;
      if (sampleRate !== rate) down = decimator(sampleRate / 8000);
      rate = sampleRate;
      this.#pass(down(samples));
    });
  }

  #pass(samples: Int16Array): void {
    const all = new Int16Array(this.#waiting.length + samples.length);
    all.set(this.#waiting);
    all.set(samples, this.#waiting.length);
    let at = 0;
    for (; at + packet <= all.length; at += packet)
      this.#tell({ tell: 'heard', leg: this.#leg, samples: all.slice(at, at + packet) });
    this.#waiting = all.slice(at);
  }
}

/** It says telephone-event and has no way to send any: whoever believes it would not listen for tones. */
function withoutKeys(sdp: string): string {
  const payloads = [...sdp.matchAll(/^a=rtpmap:(\d+) telephone-event\/.*$/gm)].map(([, payload]) => payload ?? '');
  const lines = sdp.replaceAll(new RegExp(`^a=(rtpmap|fmtp):(${payloads.join('|') || 'x'}) .*\r?\n`, 'gm'), '');
  return lines.replace(/^(m=audio \S+ \S+) (.*?)(\r?)$/m, (_, head: string, all: string, end: string) => {
    const left = all.split(' ').filter((payload) => !payloads.includes(payload));
    return `${head} ${left.join(' ')}${end}`;
  });
}

/** A TURN server of which nobody says how it is reached is asked by UDP and by TCP. */
function waysTo({ urls }: IceServer): readonly string[] {
  return /^turn:[^?]*$/i.test(urls) ? [urls, `${urls}?transport=tcp`] : [urls];
}

/** Of a URL as it was named and as libwebrtc writes it: `turn:pbx` is `turn:pbx:3478?transport=udp`. */
function sameServer(named: string, told: string): boolean {
  const [one, other] = [named, told].map((url) => {
    const [, scheme = '', place = ''] = /^(\w+):([^?]*)/.exec(url.toLowerCase()) ?? [];
    return `${scheme}:${place}${/:\d+$/.test(place) ? '' : scheme.endsWith('s') ? ':5349' : ':3478'}`;
  });
  return one === other;
}
