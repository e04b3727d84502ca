import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { guardOf, guardSettings } from '../../config/guard.ts';
import { type Driver, defineAction, defineDriver } from '../../core/driver.ts';
import { duration } from '../../core/duration.ts';
import { SpecError } from '../../core/errors.ts';
import type { Journey } from '../../core/journey.ts';
import { journeySchema } from '../../core/schema.ts';
import { readJourneys } from '../../core/spec.ts';
import { readingOf, Stage } from '../kit/stage.ts';

class Line implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {}
}
const done = async () => ({});
const settings = z.object({ base: z.string().optional() });
const open = async () => new Line();
const text = z.string();

/** Drivers that stay as they are, so that a new verb of a real one changes no error text here. */
export const drivers = new Map<string, Driver>(
  Object.entries({
    chat: defineDriver({
      about: 'talk to a bot',
      settings,
      open,
      actions: {
        open: defineAction({ about: 'open', args: z.object({ page: text.optional() }), layer: 'bot', run: done }),
        say: defineAction({ about: 'say', main: 'text', args: z.object({ text }), layer: 'bot', run: done }),
        hear: defineAction({
          about: 'hear',
          main: 'text',
          watch: true,
          args: z.object({ text: z.union([text, z.array(text)]), mentions: text.optional() }),
          layer: 'bot',
          run: done,
        }),
      },
    }),
    voice: defineDriver({
      about: 'call',
      settings,
      open,
      actions: {
        dial: defineAction({
          about: 'dial',
          main: 'to',
          args: z.object({ to: text, ring: duration.optional() }),
          layer: 'sip',
          targets: ({ to }) => [String(to)],
          run: done,
        }),
        press: defineAction({
          about: 'press',
          main: 'digits',
          args: z.object({ digits: text.regex(/^[0-9*#]+$/, 'expected digits, * and #') }),
          layer: 'ivr',
          run: done,
        }),
      },
    }),
    crm: defineDriver({
      about: 'records',
      settings,
      open,
      actions: {
        expect: defineAction({
          about: 'expect a record',
          args: z.object({
            case: z.record(text, z.json()),
            count: z.number().int().optional(),
            since: text.optional(),
          }),
          layer: 'crm',
          run: done,
        }),
      },
    }),
  }) as unknown as Iterable<[string, Driver]>,
);

const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(journeySchema(drivers));

interface Bad {
  /** What an editor that knows only the JSON schema does with it: `passes` is seen by the engine alone, `no YAML` cannot get so far. */
  readonly schema: 'rejects' | 'passes' | 'no YAML';
  readonly also?: Readonly<Record<string, string | Uint8Array>>;
}

/** Reads one journey from bytes, with further files below journeys/ beside it. */
export async function readText(bytes: string | Uint8Array, also: Bad['also'] = {}): Promise<Journey> {
  using stage = new Stage();
  for (const [name, content] of Object.entries(also)) stage.write(name, content);
  const guard = guardOf(guardSettings.parse({}), { count: () => 0 }, { now: () => 0, zone: 'UTC' });
  const literal = (target: string) => guard.target(target);
  const reading = readingOf(stage, drivers, { layers: ['bot', 'crm', 'sip', 'ivr'], literal });
  try {
    const { journeys } = await readJourneys([stage.write('j.yaml', bytes)], reading);
    return journeys[0] as Journey;
  } catch (error) {
    if (error instanceof SpecError) error.message = error.message.replaceAll(`${stage.root}/`, '');
    throw error;
  }
}

/** Every problem of a bad journey as people read it. */
export async function saidOf(bytes: string | Uint8Array, also?: Bad['also']): Promise<string> {
  const said = await readText(bytes, also).then(
    () => 'nothing was wrong',
    (error) => error,
  );
  if (said instanceof SpecError) return said.message;
  throw said instanceof Error ? said : new Error(String(said));
}

export function schemaOn(bytes: string | Uint8Array): Bad['schema'] {
  try {
    return validate(parse(Buffer.from(bytes).toString(), { logLevel: 'error' })) ? 'passes' : 'rejects';
  } catch {
    return 'no YAML';
  }
}

/** A test of one bad file: the text that people read, as an inline snapshot, and whether the schema would have told an editor. */
export function bad(name: string, bytes: string | Uint8Array, how: Bad, look: (said: string) => void): void {
  test(name, async () => {
    look(await saidOf(bytes, how.also));
    expect(schemaOn(bytes)).toBe(how.schema);
  });
}

/** Steps under a title and an owner: what is wrong is below line 3. */
export const steps = (lines: string, above = '') =>
  `title: t\nowner: o\n${above}steps:\n${lines.replace(/^(?=.)/gm, '  ')}\n`;
