import { expect, test } from 'vitest';
import { audioFlow, flowWords } from '../../../telephony/media/flow.ts';
import type { MediaStatistics } from '../../../telephony/media/leg-event.ts';
import { Reception } from '../../../telephony/media/reception.ts';

const sent = { packets: 500, octets: 80_000, skipped: 0, lateP99: 1, lateMax: 2, errors: 0 };
const received = {
  ...new Reception(1, 8000).figures(),
  packets: 500,
  octets: 80_000,
  sources: 1,
  strays: 0,
  strangers: 0,
  unknownPayloads: 0,
  late: 0,
  level: -30,
  loudest: -20,
  speechMs: 900,
  clipped: 0,
  gaps: 0,
  longestGap: 0,
};
const theirs = { lost: 3, loss: 0.006, jitter: 1, at: 9000 };
const figures: MediaStatistics = {
  at: 10_000,
  connectedAt: 0,
  direction: 'sendrecv',
  codec: 'PCMU',
  sent,
  received,
  theirs,
};
const none = { ...received, packets: 0, loudest: -100 };

test.each([
  ['both-ways', figures],
  ['unproven', { ...figures, theirs: undefined }],
  ['not-yet', { ...figures, received: none, at: 1500 }],
  ['not-yet', { ...figures, received: none, connectedAt: undefined }],
  ['no-media', { ...figures, received: none, theirs: undefined }],
  ['we-hear-nothing', { ...figures, received: none }],
  ['they-hear-nothing', { ...figures, theirs: { ...theirs, loss: 1 } }],
  ['only-silence', { ...figures, received: { ...received, loudest: -90 } }],
  ['unproven', { ...figures, received: none, theirs: undefined, direction: 'sendonly' }],
] as const)('%s', (flow, one) => {
  expect(audioFlow(one)).toBe(flow);
  expect(flowWords[flow]).not.toBe('');
});
