import { expect, test } from 'vitest';
import { PacketLog } from '../../../drivers/voice/packet-log.ts';
import type { MediaStatistics } from '../../../telephony/media/leg-event.ts';

const figures = (at: number, packets: number, lost: number) =>
  ({
    at,
    sent: { packets: packets + 5, lateP99: 0.4 },
    received: { packets, lost, jitter: 1.234, level: -20.04 },
    ...(at > 2000 ? { roundTrip: 12, mos: 4.381 } : {}),
  }) as MediaStatistics;

test('a row a second, with what came and was lost in it; what is not known stays empty', () => {
  const log = new PacketLog(1000);
  expect(log.csv).toBeUndefined();
  log.add(figures(2000, 50, 0));
  log.add(figures(3000, 97, 3));
  expect(log.csv).toMatchInlineSnapshot(`
    "second,received,lost,jitter_ms,level_dbov,sent,late_p99_ms,round_trip_ms,estimated_mos
    1.0,50,0,1.23,-20.0,55,0.40,,
    2.0,47,3,1.23,-20.0,47,0.40,12.0,4.38
    "
  `);
});
