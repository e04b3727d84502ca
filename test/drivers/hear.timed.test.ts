import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import type { StepEnded } from '../../core/event.ts';
import { writeWav } from '../../telephony/evidence/wav.ts';
import { audioOf } from '../../telephony/media/resample.ts';
import { cadence, cadences, join as inOne } from '../../telephony/media/tones.ts';
import { Speaker } from '../../telephony/speaking/speaker.ts';
import { freePort } from '../kit/ports.ts';
import { Project } from '../kit/project.ts';
import { walkText } from '../kit/stage.ts';
import { type Telephone, telephone } from '../kit/telephone.ts';

const greeting = 'Thank you for calling Acme Bank, where your call may be recorded for quality.';
const menu = 'For your balance press one. To dispute a charge press two.';
const changedMenu = 'For your balance press one. To complain about a person press two.';
const closed = 'Our offices are closed at the moment. Please call again tomorrow.';
const voice = { engine: 'espeak-ng', voice: 'en-gb', speed: 160 } as const;
const speaker = new Speaker(voice);
const folder = mkdtempSync(join(tmpdir(), 'throughline-prompts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function enrol(root: string, name: string, text: string): Promise<void> {
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, `${name}.wav`), writeWav({ rate: 8000, channels: [await speaker.speak(text)] }));
  writeFileSync(join(root, `${name}.yaml`), `text: ${JSON.stringify(text)}\nlayer: ivr\n`);
}

let drivers: ReadonlyMap<string, Driver>;
beforeAll(async () => {
  drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
  await enrol(folder, 'greeting', greeting);
  await enrol(folder, 'menu', menu);
  await enrol(folder, 'closed', closed);
});

const saying = async (...texts: readonly string[]) => {
  // In one sound, made before the call: a pause between them would be ours, as long as we are late.
  const sound = inOne(await Promise.all(texts.map((text) => speaker.speak(text))));
  return await telephone(async (call) => {
    call.signalling.answer([]);
    await call.media.play(sound);
  });
};

async function walked(steps: string, peer: Telephone, more = '') {
  const { ended } = await walkText(`title: a call\n${more}steps:\n  - voice.dial: ivr\n${steps}`, {
    drivers,
    settings: {
      names: { ivr: peer.address },
      speech: voice,
      prompts: [folder],
      agents: { alice: { user: 'alice', register: false } },
    },
  });
  return ended;
}

const shown = ({ step, status, trouble }: StepEnded) =>
  `${step} ${status}${trouble ? `: ${trouble.message}; ${trouble.came ?? ''}` : ''}`;

describe.concurrent('voice.hear', () => {
  test('an enrolled prompt, whatever the case and the commas; the next one from where it ended', async () => {
    await using peer = await saying(greeting, menu);
    const [, first, second] = await walked(
      `  - voice.hear: thank you for calling acme bank where your call may be recorded for quality
    within: 20s
  - voice.hear: "${menu}"
    within: 20s
    save: menu
  - voice.dial: nobody
    if: menu.prompt != 'menu' || menu.score < \`0.9\`
`,
      peer,
    );
    expect(first?.status).toBe('passed');
    expect(second?.status).toBe('passed');
    expect(first?.ms).toBeLessThan(1500);
  });

  test('another prompt instead, named', async () => {
    await using peer = await saying(closed);
    const ended = await walked(`  - voice.hear: ${greeting}\n    within: 4s\n`, peer);
    expect(ended.map(shown).at(-1)).toMatch(/hear failed: “Our offices are closed.*” was heard instead/);
  });

  test('another prompt before it: passes, and fails where it must be the next', async () => {
    await using peer = await saying(closed, menu);
    const steps = (more: string) => `  - voice.hear: { text: "${menu}"${more} }\n    within: 12s\n`;
    expect((await walked(steps(''), peer)).at(-1)?.status).toBe('passed');
    expect((await walked(steps(', next: true'), peer)).map(shown).at(-1)).toMatch(
      /something else was said first; speech, 4\.\d s before it/,
    );
  });

  test('the same prompt with other words is a changed wording, and says where', async () => {
    await using peer = await saying(changedMenu);
    const ended = await walked(`  - voice.hear: "${menu}"\n    within: 4s\n`, peer);
    expect(ended.map(shown).at(-1)).toMatch(/hear failed: the wording was changed; .* from \d\.\d to \d\.\d s/);
  });

  test('silence is told as silence, and the step ends with its limit', async () => {
    await using peer = await saying();
    const ended = await walked(`  - voice.hear: "${menu}"\n    within: 2s\n`, peer);
    expect(ended.map(shown).at(-1)).toMatch(/“For your balance.*” was not heard; (silence|nothing)/);
  });

  test('they hang up instead', async () => {
    // Nobody enrolled it: it cannot be named, however long the line stays open after it.
    const sound = (await speaker.speak('Good afternoon to everybody.')).subarray(0, 8000);
    await using peer = await telephone(async (call) => {
      call.signalling.answer([]);
      await call.media.play(sound);
      await call.signalling.hangUp();
    });
    const ended = await walked(`  - voice.hear: "${menu}"\n    within: 20s\n`, peer);
    expect(ended.map(shown).at(-1)).toMatch(/was not heard; .*/);
    expect(ended.at(-1)?.ms).toBeLessThan(20_000);
  });

  test('what another actor of the walk says', async () => {
    const port = await freePort();
    const ended = await walkText(
      `title: two who talk
actors: { agent: { voice: { as: agents/alice } } }
steps:
  - together:
      - as: agent
        steps:
          - voice.answer:
            within: 20s
          - voice.hear: I would like to dispute a charge
            within: 20s
          - voice.say: I can help you with that
      - steps:
          - voice.dial: alice
          - voice.say: I would like to dispute a charge
          - voice.hear: I can help you with that
            within: 20s
          - voice.hang-up:
`,
      {
        drivers,
        settings: {
          names: { alice: `sip:alice@127.0.0.1:${port}` },
          speech: voice,
          agents: { alice: { port, register: false } },
        },
      },
    );
    expect(ended.ended.map(shown).filter((line) => !/passed/.test(line))).toEqual([]);
  });
});

describe.concurrent('voice.hear-tone', () => {
  test('busy, and its plan; another tone is named', async () => {
    await using peer = await telephone(async (call) => {
      call.signalling.answer([]);
      await call.media.play(cadence(cadences.uk.busy ?? [], 4000));
    });
    const steps = (tone: string) =>
      `  - voice.hear-tone: ${tone}\n    within: 3s\n    save: tone\n  - voice.dial: nobody\n    if: tone.plan != 'uk'\n`;
    expect((await walked(steps('busy'), peer)).map(shown)).toEqual([
      'voice.dial passed',
      'voice.hear-tone passed',
      'voice.dial#2 skipped',
    ]);
    expect((await walked(steps('fax'), peer)).map(shown)[1]).toMatch(/a fax tone was not heard; .*busy/);
  });
});

describe.concurrent('voice.hear-music', () => {
  test('any, and an enrolled sample from wherever it began; speech is none', async () => {
    const moh = audioOf(readFileSync('/usr/share/asterisk/moh/reno_project-system.wav'));
    const seconds = (from: number, to: number) => moh.subarray(from * 8000, to * 8000);
    writeFileSync(join(folder, 'hold.wav'), writeWav({ rate: 8000, channels: [seconds(20, 40)] }));
    writeFileSync(join(folder, 'hold.yaml'), 'text: ♪ hold\n');
    await using peer = await telephone(async (call) => {
      call.signalling.answer([]);
      await call.media.play(seconds(27, 35));
    });
    await using talker = await saying('Goodbye to you.');
    const music = (sample: string, from: Telephone, told = sample) =>
      walked(
        `  - voice.hear-music: ${sample}\n    within: ${from === talker ? 1 : 20}s\n    save: heard\n  - voice.dial: nobody\n    if: heard.sample != '${told}'\n`,
        from,
      );
    const [any, hold, speech] = await Promise.all([music('any', peer, ''), music('hold', peer), music('any', talker)]);
    for (const ended of [any, hold])
      expect(ended.map(shown)).toEqual(['voice.dial passed', 'voice.hear-music passed', 'voice.dial#2 skipped']);
    expect(speech.map(shown)[1]).toMatch(/hear-music failed: music was not heard; \d\.\d s of speech/);
  });
});

describe.concurrent('before anything runs', () => {
  test('a text that nobody says is refused with the way out', async () => {
    using project = new Project();
    project.write('config/local.yaml', `voice: { prompts: prompts, names: { ivr: "sip:ivr@127.0.0.1:9" } }\n`);
    await enrol(join(project.root, 'prompts'), 'menu', menu);
    project.write(
      'journeys/a.yaml',
      `title: t\nsteps:\n  - voice.dial: ivr\n  - voice.hear: ${menu.replace('balance', 'balances')}\n  - voice.hear: Hello\n  - voice.hear: { file: none.wav }\n  - voice.hear-music: menus\n  - voice.hear-music: any\n`,
    );
    const { code, err } = await project.run(['check']);
    expect(err).toMatch(
      /a\.yaml:4:5 “For your balances.*” cannot be recognised.*\n +hint: did you mean “For your balance press/,
    );
    expect(err).toMatch(/a\.yaml:5:5 “Hello” cannot be recognised.*\n +hint: .*throughline enroll/);
    expect(err).toMatch(/a\.yaml:6:5 there is no sound none\.wav/);
    expect(err).toMatch(/a\.yaml:7:5 no sample `menus` is enrolled\n +hint: did you mean `menu`/);
    expect(err).not.toContain('a.yaml:8');
    expect(code).toBe(2);
  });

  test('a marker of each proves both directions, and how long the sound is on its way is known and limited', async () => {
    const port = await freePort();
    const { ended, events } = await walkText(
      `title: two who find each other
actors: { agent: { voice: { as: agents/alice } } }
steps:
  - together:
      - as: agent
        steps:
          - voice.answer:
            within: 20s
          - voice.hear: { marker: customer, delay: 400ms }
            within: 20s
            save: heard
          - voice.say: { marker: true }
      - steps:
          - voice.dial: alice
          - voice.say: { marker: true }
          - voice.hear: { marker: agent, delay: 0ms }
            within: 20s
            soft: true
          - voice.hang-up:
`,
      {
        drivers,
        settings: {
          names: { alice: `sip:alice@127.0.0.1:${port}` },
          agents: { alice: { port, register: false } },
        },
      },
    );
    const failed = ended.map(shown).filter((line) => !/passed/.test(line));
    expect(failed).toEqual([
      expect.stringMatching(/^voice.hear#2 failed: the sound was long on its way; \d+ ms from mouth to ear$/),
    ]);
    const ways = events.flatMap((event) =>
      event.type === 'step.noted' && event.note.type === 'metric' && event.note.name === 'mouth-to-ear'
        ? [event.note.value]
        : [],
    );
    expect(ways).toHaveLength(2);
    for (const ms of ways) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(400);
    }
  });
});
