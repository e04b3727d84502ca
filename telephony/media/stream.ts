import type { Socket } from 'node:dgram';
import type { MessagePort } from 'node:worker_threads';
import { Backlog } from './backlog.ts';
import type { Capture } from './capture.ts';
import type { Coder, Coders } from './coders.ts';
import { Ear } from './ear.ts';
import type { HeardPiece } from './heard.ts';
import type { MediaEvent } from './leg-event.ts';
import type { AudioTarget } from './offer.ts';
import { Payloads } from './payloads.ts';
import type { PeerFigures } from './peer-protocol.ts';
import type { PortPair } from './ports.ts';
import { type Heard, Receiver } from './receiver.ts';
import type { Recorder } from './recorder.ts';
import { Reports } from './reports.ts';
import { isRtcp, readRtp } from './rtp.ts';
import { type Seeds, Sender } from './sender.ts';
import type { Keys, Shield } from './srtp.ts';
import { mediaStatistics, Source } from './stream-figures.ts';
import { Tap } from './tap.ts';
import { type Thinning, thinner } from './thinning.ts';
import { Lateness, type Rider } from './wheel.ts';

export interface StreamOptions {
  readonly seeds: Seeds;
  readonly rememberMs: number;
  /** Listen for keys as tones where telephone-event was not agreed. */
  readonly toneKeys: boolean;
  readonly openedAt: number;
}

interface Parts {
  readonly pair: PortPair;
  readonly coders: Coders;
  readonly recorder: Recorder | undefined;
  readonly capture: Capture | undefined;
  readonly now: () => number;
  readonly tell: (event: MediaEvent) => void;
  /** Asked with every packet that comes: what is due to be sent goes first. */
  readonly hurry: (now: number) => void;
  /** Whether packets find a way yet (ICE and DTLS); what is to be said waits for it. */
  readonly ready?: () => boolean;
  /** Figures of the real packets, where others make them. */
  readonly outside?: () => PeerFigures | undefined;
  /** The call is encrypted: nothing is heard or said before the keys are agreed. */
  readonly shieldOf: ((keys: Keys) => Shield) | undefined;
}

/** Packets of about a second. */
const often = 50;

/** One call's RTP: two sockets, a place on the wheel, what is sent and what is heard. */
export class Stream implements Rider {
  readonly #parts: Parts;
  readonly #options: StreamOptions;
  readonly sender: Sender;
  readonly #receiver: Receiver;
  readonly #ear = new Ear();
  readonly #reports: Reports;
  readonly #peer = new Source();
  readonly #late = new Lateness();
  readonly #taps = new Set<Tap>();
  #target: (AudioTarget & { readonly coder: Coder }) | undefined;
  readonly #payloads: Payloads;
  #connectedAt: number | undefined;
  #lost: () => boolean = () => false;
  #errors = 0;
  /** Packets of which it is asked what became of them; of others, one a second. */
  #asks = often;
  #unasked = 0;
  #toldLate = false;
  #toldSealed = false;
  #shield: Shield | undefined;
  readonly backlog = new Backlog();
  #closed = false;

  constructor(parts: Parts, options: StreamOptions) {
    this.#parts = parts;
    this.#options = options;
    this.sender = new Sender(options.seeds);
    this.#receiver = new Receiver(options.rememberMs);
    this.#payloads = new Payloads(parts.coders, { outside: parts.outside !== undefined });
    const { rtp, rtcp } = parts.pair;
    this.#reports = new Reports(`throughline@${rtp.address().address}`, options.openedAt, options.seeds.ssrc);
    rtp.on('message', (bytes, from) => this.#arrived(bytes, from));
    rtcp.on('message', (bytes, from) => this.#reported(bytes, from));
    for (const socket of [rtp, rtcp]) socket.on('error', (error) => this.#trouble(error));
  }

  get tick(): number {
    return this.#target?.ptime ?? 20;
  }

  connect(target: AudioTarget): void {
    const coder = this.#parts.coders.of(target.codec.name);
    if (!coder) throw new RangeError(`no coder for ${target.codec.name}`);
    const { crypto } = target;
    if (crypto && !this.#shield?.fits(crypto)) this.#shield = this.#parts.shieldOf?.(crypto);
    this.#target = { ...target, coder };
    this.#payloads.agree(target);
    this.#connectedAt ??= this.#parts.now();
    if (this.#peer.expect(target)) this.#receiver.welcome();
    // Where others make the packets, they sound the telephone-events that come.
    const sounded = target.digits === undefined || this.#parts.outside !== undefined;
    this.#ear.hearKeys(this.#options.toneKeys && sounded, this.#receiver.audio.settled);
  }

  thin(thinning: Thinning): void {
    this.#lost = thinner(thinning);
  }

  tap(from: number, port: MessagePort): void {
    const tap = new Tap(port, (gone) => this.#taps.delete(gone));
    for (const change of this.#ear.since(from)) tap.voice(change);
    for (const piece of this.#receiver.audio.since(this.#receiver.positionOf(from))) tap.hear(piece, this.#timeOf);
    this.#taps.add(tap);
  }

  turn(due: number, now: number): void {
    const target = this.#target;
    const spoken = target?.direction === 'sendrecv' || target?.direction === 'sendonly';
    if (target && spoken && target.host !== '0.0.0.0' && (this.#parts.ready?.() ?? true)) {
      const { bytes, samples } = this.sender.tick(due, now, target);
      this.#late.add(now - due);
      if (samples) this.#parts.recorder?.said(due, samples);
      if (!this.#lost()) {
        const to = this.#peer.media(target);
        this.#parts.capture?.add('out', now, { host: to.host, port: to.port, bytes });
        this.#send(this.#parts.pair.rtp, this.#shield?.seal(bytes) ?? bytes, to);
      }
    }
    const report = target && this.#reports.due(now, this.#our, this.#receiver.source);
    if (report && target)
      this.#send(
        target.mux ? this.#parts.pair.rtp : this.#parts.pair.rtcp,
        this.#shield?.sealReport(report) ?? report,
        this.#peer.control(target),
      );
    this.#warn(now);
  }

  rest(now: number): void {
    if (!this.backlog.read()) return;
    this.backlog.release(this.#hear);
    this.#take(this.#receiver.idle(now), now);
  }

  statistics() {
    return mediaStatistics({
      at: this.#parts.now(),
      connectedAt: this.#connectedAt,
      target: this.#target,
      sent: { ...this.sender.figures, late: this.#late, errors: this.#errors },
      received: this.#receiver.figures,
      strangers: this.#peer.strangers,
      ear: this.#ear,
      reports: this.#reports,
      outside: this.#parts.outside?.(),
    });
  }

  flush(now: number): void {
    if (!this.backlog.left) this.#parts.recorder?.flush(now);
  }

  /** Says BYE, ends what plays, finishes the recording, gives the ports back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.backlog.release(this.#hear);
    this.sender.stop();
    this.sender.stopPressing();
    const target = this.#target;
    const { rtp, rtcp } = this.#parts.pair;
    const left = this.#reports.write(this.#parts.now(), this.#our(), this.#receiver.source, true);
    const bye = this.#shield?.sealReport(left) ?? left;
    const last = target && this.sender.figures.packets > 0 ? this.#peer.control(target) : undefined;
    const from = target?.mux ? rtp : rtcp;
    if (last) await new Promise<void>((done) => from.send(bye, last.port, last.host, () => done()));
    await Promise.all([rtp, rtcp].map((socket) => new Promise<void>((done) => socket.close(() => done()))));
    for (const tap of this.#taps) tap.close();
    this.#parts.coders.close();
    await this.#parts.recorder?.close(this.#parts.now());
  }

  // Functions that every packet needs are made once.
  readonly #timeOf = (position: number): number => this.#receiver.timeOf(position);
  readonly #hear = (piece: HeardPiece): void => this.#listen(piece, this.#parts.now());
  readonly #our = () => {
    const { packets, octets } = this.sender.figures;
    const { ssrc, unitsPerMs } = this.sender;
    return { ssrc, packets, octets, unitsPerMs, timestampAt: (at: number) => this.sender.timestampAt(at) };
  };
  readonly #sent = (error: Error | null): void => {
    if (error && !this.#closed) {
      this.#asks = often;
      this.#trouble(error);
    }
  };

  #arrived(bytes: Uint8Array, from: { readonly address: string; readonly port: number }): void {
    const at = this.#parts.now();
    this.backlog.packet();
    this.#parts.hurry(at);
    if (isRtcp(bytes)) {
      this.#reported(bytes, from);
      return;
    }
    const clear = this.#parts.shieldOf ? this.#opened(this.#shield?.open(bytes), at) : bytes;
    const packet = clear && readRtp(clear);
    if (!packet) return;
    this.#parts.capture?.add('in', at, { host: from.address, port: from.port, bytes: clear });
    for (const event of this.#peer.accept(from, at)) this.#parts.tell(event);
    if (!this.#peer.is(from)) return;
    const before = this.#receiver.packets;
    const heard = this.#receiver.packet(packet, at, this.#payloads);
    const first = before === 0 && this.#receiver.packets > 0;
    if (first) this.#parts.tell({ type: 'first-packet', at, host: from.address, port: from.port });
    if (heard.changed) this.#parts.tell({ type: 'source-changed', at });
    if (first || heard.changed) this.backlog.begin();
    this.#take(heard, at);
  }

  #reported(bytes: Uint8Array, from: { readonly address: string }): void {
    if (!this.#peer.isHost(from.address)) return;
    const at = this.#parts.now();
    const clear = this.#parts.shieldOf ? this.#opened(this.#shield?.openReport(bytes), at) : bytes;
    if (clear && this.#reports.hear(clear, at, this.#our()) === 'left') this.#parts.tell({ type: 'left', at });
  }

  /** Tells once of packets that nobody sealed with their key; before the keys are agreed none can be. */
  #opened(clear: Uint8Array | undefined, at: number): Uint8Array | undefined {
    if (!clear && this.#shield && !this.#toldSealed) {
      this.#toldSealed = true;
      this.#parts.tell({ type: 'trouble', at, message: 'a packet came that was not sealed with the agreed SRTP key' });
    }
    return clear;
  }

  #take({ pieces, digits }: Heard, now: number): void {
    if (!this.backlog.hold(pieces)) for (const piece of pieces) this.#listen(piece, now);
    for (const digit of digits) for (const event of this.#ear.digit(digit, 'rfc4733')) this.#parts.tell(event);
  }

  #listen(piece: HeardPiece, now: number): void {
    const { voice, events } = this.#ear.hear(piece, now, this.#timeOf);
    for (const event of events) this.#parts.tell(event);
    for (const tap of this.#taps) {
      for (const change of voice) tap.voice(change);
      tap.hear(piece, this.#timeOf);
    }
    if (!piece.hole) this.#parts.recorder?.heard(piece.position, this.#timeOf(piece.position), piece.samples);
  }

  #send(socket: Socket, bytes: Uint8Array, to: { readonly host: string; readonly port: number }): void {
    if (to.port === 0) return;
    // To be told costs a tenth of a packet. An error comes again and is told within a second; then all are asked for.
    if (this.#asks === 0 && this.#unasked < often) {
      this.#unasked += 1;
      socket.send(bytes, to.port, to.host);
      return;
    }
    this.#asks = Math.max(0, this.#asks - 1);
    this.#unasked = 0;
    socket.send(bytes, to.port, to.host, this.#sent);
  }

  #trouble(error: Error): void {
    this.#errors += 1;
    if (this.#errors === 1) this.#parts.tell({ type: 'trouble', at: this.#parts.now(), message: error.message });
  }

  #warn(now: number): void {
    const { skipped, packets } = this.sender.figures;
    if (this.#toldLate || (skipped === 0 && packets % 250 !== 249)) return;
    const p99 = this.#late.percentile(0.99);
    if (skipped === 0 && p99 <= 5) return;
    this.#toldLate = true;
    this.#parts.tell({ type: 'sender-late', at: now, skipped, p99 });
  }
}
