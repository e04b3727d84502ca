import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Context } from '../../core/driver.ts';
import type { Call } from '../../telephony/call.ts';
import { muteIn } from '../../telephony/evidence/slice.ts';
import type { CapturedPacket } from '../../telephony/media/capture.ts';
import type { MediaSummary } from '../../telephony/media/protocol.ts';
import type { Hush } from './hush.ts';
import { ladderOf } from './ladder.ts';
import type { Leg } from './leg.ts';
import { PacketLog } from './packet-log.ts';
import type { Settings } from './settings.ts';
import { type SecretTime, wireCapture } from './wire-capture.ts';

const folder = 'voice';

/** Recording, ladder and figures of each call, noted when the session closes. */
export class Evidence {
  readonly #context: Context;
  readonly #hush: Hush;
  readonly #muted = new Set<Call>();
  readonly #secrets = new Map<Call, SecretTime[]>();
  readonly #logs = new Map<Call, PacketLog>();
  #count = 0;
  readonly #recordings: Settings['recordings'];

  constructor(context: Context, hush: Hush, recordings: Settings['recordings']) {
    this.#recordings = recordings;
    this.#context = context;
    this.#hush = hush;
  }

  /** Absolute path of the next call's recording; undefined: none is made. */
  recording(): string | undefined {
    if (this.#recordings === 'off') return undefined;
    this.#count += 1;
    return this.#context.artefact(`${folder}/${this.#context.actor}-${this.#count}.wav`);
  }

  began(call: Call): void {
    this.#context.note({ type: 'ref', system: 'sip', id: call.signalling.callId });
    const log = new PacketLog(call.since);
    this.#logs.set(call, log);
    call.media.on((event) => {
      if (event.type === 'statistics') log.add(event.statistics);
    });
  }

  /** A secret was sounded in-band: its packets would tell it. */
  mute(call: Call): void {
    this.#muted.add(call);
  }

  /** Secret keys were pressed then, by telephone-event or INFO. */
  hide(call: Call, time: SecretTime): void {
    this.#secrets.set(call, [...(this.#secrets.get(call) ?? []), time]);
  }

  /** Hangs up, then notes what is left of the call. */
  async finish({ call, name }: Leg): Promise<void> {
    const { statistics, recording: made, packets } = await call.close();
    this.#figures(call, statistics);
    this.#ladder(call, { name, statistics });
    this.#packets(call, name);
    if (packets) this.#wire(call, { name, packets });
    const recording = made && this.#brought(made);
    if (!recording) return;
    if (this.#recordings === 'on-trouble' && !this.#context.troubled()) return rmSync(recording.path, { force: true });
    try {
      await muteIn(recording, this.#hush.of(this.#context.walk));
    } catch (error) {
      rmSync(recording.path, { force: true });
      throw error;
    }
    const path = `${folder}/${basename(recording.path)}`;
    const title = `${this.#context.actor}, ${name}: the call`;
    this.#context.note({ type: 'file', path, mime: 'audio/wav', title, at: recording.startedAt });
  }

  /** A call that another walk took for us was recorded among its files. */
  #brought(made: NonNullable<MediaSummary['recording']>): typeof made | undefined {
    if (made.path === this.#context.artefact(`${folder}/${basename(made.path)}`)) return made;
    const path = this.recording();
    if (path === undefined) rmSync(made.path, { force: true });
    else renameSync(made.path, path);
    return path === undefined ? undefined : { ...made, path };
  }

  #figures(call: Call, { received, codec, mos, theirMos, roundTrip }: MediaSummary['statistics']): void {
    const metric = (name: string, value: number | undefined, unit: string, better: 'lower' | 'higher' = 'lower') => {
      if (value === undefined || !Number.isFinite(value)) return;
      this.#context.note({ type: 'metric', name, value: Math.round(value * 100) / 100, unit, better });
    };
    const first = call.events.find((event) => event.type === 'first-packet');
    metric('first-rtp', first && first.at - call.since, 'ms');
    if (received.packets > 0) {
      metric('jitter', received.jitterMean, 'ms');
      metric('loss', received.loss * 100, '%');
    }
    metric('round-trip', roundTrip, 'ms');
    // G.107.1 has another scale of impairments than G.107: their histories are not one.
    const scale = codec === 'G722' ? 'mos-wideband' : 'mos';
    metric(scale, mos, 'MOS', 'higher');
    metric(`${scale}-other-side`, theirMos, 'MOS', 'higher');
  }

  #wire(call: Call, { name, packets }: { name: string; packets: readonly CapturedPacket[] }): void {
    const { actor, redact } = this.#context;
    const file = `${folder}/${actor}-${call.signalling.callId.replaceAll(/[^\w.-]/g, '')}.pcap`;
    const secrets = this.#secrets.get(call) ?? [];
    const parts = { packets, secrets, muted: this.#muted.has(call), redact };
    writeFileSync(this.#context.artefact(file), wireCapture(call, parts));
    const mime = 'application/vnd.tcpdump.pcap';
    this.#context.note({ type: 'file', path: file, mime, title: `${actor}, ${name}: packets` });
  }

  #packets(call: Call, name: string): void {
    const csv = this.#logs.get(call)?.csv;
    this.#logs.delete(call);
    if (csv === undefined) return;
    const { actor } = this.#context;
    const file = `${folder}/${actor}-${call.signalling.callId.replaceAll(/[^\w.-]/g, '')}.packets.csv`;
    writeFileSync(this.#context.artefact(file), csv);
    this.#context.note({
      type: 'file',
      path: file,
      mime: 'text/csv',
      title: `${actor}, ${name}: packets by the second`,
    });
  }

  #ladder(call: Call, { name, statistics }: { name: string; statistics: MediaSummary['statistics'] }): void {
    const { actor, redact } = this.#context;
    const file = `${folder}/${actor}-${call.signalling.callId.replaceAll(/[^\w.-]/g, '')}.ladder.json`;
    writeFileSync(this.#context.artefact(file), JSON.stringify(ladderOf(call, { actor, statistics, redact })));
    const mime = 'application/vnd.throughline.ladder+json';
    this.#context.note({ type: 'file', path: file, mime, title: `${actor}, ${name}: signalling` });
  }
}
