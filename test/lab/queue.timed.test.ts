import { beforeAll, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { startLab } from '../../lab/lab.ts';
import { walkText } from '../kit/stage.ts';

let drivers: ReadonlyMap<string, Driver>;
beforeAll(async () => {
  drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
});

test('the music of the queue is heard as music, and nobody speaks', async () => {
  await using lab = await startLab({ faults: { 'routing.no-agent': 'on' } });
  const { ended } = await walkText(
    `title: in the queue
steps:
  - voice.dial: bank
  - voice.press: { digits: "2,,,,100418", over: true }
  - voice.hear-music: any
    within: 20s
  - voice.hear-speech:
    id: speech
    within: 4s
`,
    {
      drivers,
      settings: {
        via: 'bank',
        trunks: { bank: { server: `127.0.0.1:${lab.port}` } },
        names: { bank: `sip:bank@127.0.0.1:${lab.port}` },
      },
    },
  );
  const failed = ended.filter(({ status }) => status !== 'passed');
  expect(failed.map(({ step, trouble }) => [step, trouble?.message])).toEqual([['speech', 'nobody spoke']]);
  expect(failed[0]?.trouble?.came).toMatch(/music/);
});
