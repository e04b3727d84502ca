import type wrtc from '@roamhq/wrtc';
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
import type { WrtcFigures, WrtcTold } from './wrtc-protocol.ts';

type Wrtc = typeof wrtc;
type Peer = InstanceType<Wrtc['RTCPeerConnection']>;
type Source = InstanceType<Wrtc['nonstandard']['RTCAudioSource']>;
type Sink = InstanceType<Wrtc['nonstandard']['RTCAudioSink']>;
type Track = ConstructorParameters<Wrtc['nonstandard']['RTCAudioSink']>[0];

/** 10 ms of what is heard. */
interface Frame {
  readonly samples: Int16Array;
  readonly sampleRate: number;
}

const packet = 160;
/** libwebrtc takes 10 ms at a time. */
const frame = 80;
/** What libwebrtc says of a server (RFC 8489 §14.8; 701: it does not answer). */
interface ServerError {
  readonly url: string;
  readonly errorCode: number;
  readonly errorText: string;
}

/** Of this process: what one call has waited for in vain, the next one does not. */
const silent = new SilentServers();

/** One call in libwebrtc: 20 ms of 8 kHz in and out. */
export class WrtcCall {
  readonly #leg: number;
  readonly #tell: (told: WrtcTold) => void;
  readonly #library: Wrtc;
  readonly #peer: Peer;
  readonly #ice: IceSettings;
  readonly #source: Source;
  #sink: Sink | undefined;
  #began = false;
  #waiting = new Int16Array(0);

  constructor(library: Wrtc, ice: IceSettings, told: { leg: number; tell: (told: WrtcTold) => void }) {
    this.#library = library;
    this.#leg = told.leg;
    this.#tell = told.tell;
    const { servers, policy = 'all' } = ice;
    const asked = servers.filter((server) => (policy === 'relay' ? isTurn(server) : !silent.has(server)));
    this.#ice = { servers: asked, policy };
    this.#peer = new library.RTCPeerConnection({
      iceServers: asked.map((server) => ({ ...server })),
      iceTransportPolicy: policy,
    });
    this.#source = new library.nonstandard.RTCAudioSource();
    this.#peer.addTrack(this.#source.createTrack());
    this.#peer.ontrack = ({ track }: { readonly track: Track }) => this.#listen(track);
    this.#peer.onconnectionstatechange = () => {
      if (this.#peer.connectionState === 'failed')
        this.#tell({ tell: 'trouble', leg: this.#leg, why: 'the WebRTC connection failed' });
    };
  }

  /** Our offer, or the answer to theirs, with all its candidates. */
  async describe(offer?: string): Promise<string> {
    if (offer !== undefined) await this.#peer.setRemoteDescription({ type: 'offer', sdp: offer });
    const made = offer === undefined ? await this.#peer.createOffer() : await this.#peer.createAnswer();
    const gathered = this.#gathered();
    await this.#peer.setLocalDescription(made);
    const failed = await gathered;
    const { sdp } = this.#peer.localDescription ?? {};
    if (!sdp) throw new Error('no local description');
    judgeServers(this.#ice, failed, / typ relay\b/.test(sdp));
    for (const { server, trouble } of failed)
      this.#tell({ tell: 'trouble', leg: this.#leg, why: troubleText(server, trouble) });
    return withoutKeys(sdp);
  }

  /** Resolves when all candidates are there, or have been waited for long enough, to the servers that did not serve. */
  #gathered(): Promise<readonly IceFailure[]> {
    const { servers, policy } = this.#ice;
    const failed: IceFailure[] = [];
    this.#peer.onicecandidateerror = ({ url, errorCode, errorText }: ServerError) => {
      const server = servers.find(({ urls }) => sameServer(urls, url));
      if (!server || failed.some((one) => one.server === server)) return;
      const trouble = errorCode === 401 || errorCode === 441 ? 'refused' : errorCode === 701 ? 'silent' : errorText;
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
    for (let at = 0; at + frame <= samples.length; at += frame)
      this.#source.onData({
        samples: samples.slice(at, at + frame),
        sampleRate: 8000,
        bitsPerSample: 16,
        channelCount: 1,
        numberOfFrames: frame,
      });
  }

  async report(): Promise<void> {
    const figures = figuresOf(await this.#peer.getStats());
    this.#began ||= figures.received > 0;
    this.#tell({ tell: 'figures', leg: this.#leg, figures });
  }

  close(): void {
    this.#sink?.stop();
    this.#peer.close();
  }

  #listen(track: Track): void {
    let rate = 0;
    let down = decimator(1);
    this.#sink = new this.#library.nonstandard.RTCAudioSink(track);
    this.#sink.ondata = ({ samples, sampleRate }: Frame) => {
      // Before the first packet it plays silence of its own, which would look like sound that came.
      this.#began ||= samples.some((sample) => sample !== 0);
      if (!this.#began) return;
      if (sampleRate !== rate) down = decimator(sampleRate / 8000);
      rate = sampleRate;
      this.#pass(down(samples));
    };
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

/** Of a URL as it was named and as libwebrtc writes it: `turn:pbx` is `turn:pbx:3478?transport=udp`. */
function sameServer(named: string, told: string): boolean {
  const [one, other] = [named, told].map((url) => {
    const [, scheme = '', place = ''] = /^(\w+):([^?]*)/.exec(url.toLowerCase()) ?? [];
    return `${scheme}:${place}${/:\d+$/.test(place) ? '' : scheme.endsWith('s') ? ':5349' : ':3478'}`;
  });
  return one === other;
}

type Stat = Readonly<Record<string, unknown>> & { readonly type: string; readonly id: string };

function figuresOf(report: Iterable<readonly [string, unknown]>): WrtcFigures {
  const all = new Map([...report].map(([id, stat]) => [id, stat as Stat]));
  const of = (type: string) => [...all.values()].find((stat) => stat.type === type);
  const number = (stat: Stat | undefined, name: string) => Number(stat?.[name] ?? 0);
  const [came, went, back] = [of('inbound-rtp'), of('outbound-rtp'), of('remote-inbound-rtp')];
  const mime = all.get(String((came ?? went)?.codecId))?.mimeType;
  const sent = number(went, 'packetsSent');
  const lost = number(back, 'packetsLost');
  return {
    ...(typeof mime === 'string' ? { codec: mime.slice(mime.indexOf('/') + 1).toUpperCase() } : {}),
    received: number(came, 'packetsReceived'),
    lost: Math.max(0, number(came, 'packetsLost')),
    jitter: number(came, 'jitter') * 1000,
    sent,
    ...(back?.roundTripTime === undefined ? {} : { roundTrip: number(back, 'roundTripTime') * 1000 }),
    ...(back
      ? {
          theirs: {
            lost,
            loss: sent === 0 ? 0 : Math.max(0, Math.min(1, lost / sent)),
            jitter: number(back, 'jitter') * 1000,
          },
        }
      : {}),
  };
}
