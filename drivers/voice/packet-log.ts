import type { MediaStatistics } from '../../telephony/media/leg-event.ts';

/** Rows that are kept: nearly three hours; a longer call drops the oldest. */
const most = 10_000;

const columns = 'second,received,lost,jitter_ms,level_dbov,sent,late_p99_ms,round_trip_ms,estimated_mos';

/** The figures of a call's packets, a row a second, as CSV: packets and losses of that second, the rest as it was then. */
export class PacketLog {
  readonly #since: number;
  readonly #rows: string[] = [];
  #before = { received: 0, lost: 0, sent: 0 };

  /** `since` is when the call began, epoch ms. */
  constructor(since: number) {
    this.#since = since;
  }

  add({ at, received, sent, roundTrip, mos }: MediaStatistics): void {
    const now = { received: received.packets, lost: received.lost, sent: sent.packets };
    const of = (name: keyof typeof now) => now[name] - this.#before[name];
    const row = [
      ((at - this.#since) / 1000).toFixed(1),
      of('received'),
      of('lost'),
      received.jitter.toFixed(2),
      received.level.toFixed(1),
      of('sent'),
      sent.lateP99.toFixed(2),
      roundTrip?.toFixed(1) ?? '',
      mos?.toFixed(2) ?? '',
    ];
    this.#before = now;
    this.#rows.push(row.join(','));
    if (this.#rows.length > most) this.#rows.shift();
  }

  /** Undefined for a call that did not last a second. */
  get csv(): string | undefined {
    return this.#rows.length === 0 ? undefined : `${[columns, ...this.#rows].join('\n')}\n`;
  }
}
