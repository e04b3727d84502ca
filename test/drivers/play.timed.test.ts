import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeWav } from '../../telephony/evidence/wav.ts';
import { babble } from '../../telephony/speaking/babble.ts';
import { Project } from '../kit/project.ts';
import { telephone } from '../kit/telephone.ts';

test('voice.play plays a file of any rate; what is no WAV is told as such', async () => {
  using project = new Project();
  const spoken = babble('one two three four five six');
  await using peer = await telephone(async (call) => {
    call.signalling.answer([]);
    await call.until((event): event is typeof event => event.type === 'speech', 0, AbortSignal.timeout(60_000));
    await call.signalling.hangUp();
  });
  // Each sample twice: the same sound at 16 kHz.
  const twice = Int16Array.from({ length: spoken.length * 2 }, (_, n) => spoken[n >> 1] ?? 0);
  writeFileSync(join(project.root, 'sound.wav'), writeWav({ rate: 16_000, channels: [twice] }));
  project.write('config/local.yaml', `voice: { names: { ivr: "${peer.address}" } }\n`);
  const journey = (file: string) =>
    `title: t\nsteps:\n  - voice.dial: ivr\n  - voice.play: { file: ${file}, over: true }\n    soft: true\n  - voice.expect-hang-up:\n    within: 8s\n`;
  project.write('journeys/a.yaml', journey('sound.wav'));
  const good = await project.run(['run', 'journeys/a.yaml']);
  expect(good.out).toContain('✓ expect hang up');
  project.write('journeys/a.yaml', journey('config/local.yaml'));
  const bad = await project.run(['run', 'journeys/a.yaml']);
  expect(bad.err).toContain('a.yaml:4:5 config/local.yaml cannot be played: no WAV file: it begins with "voic"');
  expect(bad.code).toBe(2);
});
