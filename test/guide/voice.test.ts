import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { guardSettings } from '../../config/guard.ts';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { readJourneys } from '../../core/spec.ts';
import { voiceFiles } from '../../runners/voice-start.ts';
import { readingOf, Stage } from '../kit/stage.ts';

const guide = readFileSync(new URL('../../docs/guide/voice.md', import.meta.url), 'utf8');
const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!);

/** A block of steps as the file that a reader makes of it. */
function whole(text: string): string {
  const steps = /^steps:/m.test(text) ? text : `steps:\n${text}`;
  const actors =
    /as: agent/.test(text) && !/^actors:/m.test(text) ? 'actors: { agent: { voice: { as: agents/alice } } }\n' : '';
  return `${/^title:/m.test(text) ? '' : 'title: of the guide\n'}owner: you\n${actors}${steps}`;
}

test('every journey of the guide can be read as it stands', async () => {
  const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
  const journeys = blocks.filter((text) => /^\s*- voice\./m.test(text));
  expect(journeys.length).toBeGreaterThan(4);
  using stage = new Stage();
  const paths = journeys.map((text, n) => stage.write(`${n}.yaml`, whole(text)));
  const { problems } = await readJourneys(paths, readingOf(stage, drivers)).then(
    (read) => ({ problems: [], ...read }),
    (error: { problems: unknown }) => error,
  );
  expect(problems).toEqual([]);
});

test('every configuration of the guide, and what `init --voice` writes, has the settings that there are', async () => {
  const { voice } = Object.fromEntries(await discover<Driver>(new URL('../../drivers/', import.meta.url)));
  const place = z.strictObject({ location: z.string(), guard: guardSettings, voice: voice!.settings });
  const agents = blocks.filter((text) => /^ {2}agents:/m.test(text) && !/^voice:/m.test(text));
  const all = [...blocks.filter((text) => /^voice:/m.test(text)), ...agents.map((text) => `voice:\n${text}`)];
  const written = ['pbx.example', '[::1]:5070', 'wss://pbx:7443/ws'].map(
    (server) => voiceFiles({ server, user: '1001', number: '600' })['config/pbx.yaml']!,
  );
  for (const text of [...all, ...written]) place.partial().parse(parse(text));
  expect(all.length).toBeGreaterThan(2);
  const guarded = written.map((text) => parse(text).guard.targets);
  expect(guarded).toEqual([
    ['pbx.example', '600'],
    ['[::1]', '600'],
    ['pbx', '600'],
  ]);
});
