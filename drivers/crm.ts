import { z } from 'zod';
import { type Context, defineAction, defineDriver, type Tools } from '../core/driver.ts';
import { duration } from '../core/duration.ts';
import { Failure, SpecError } from '../core/errors.ts';
import { expression } from '../core/expression.ts';
import type { JsonObject } from '../core/json.ts';
import { expectRecords } from './record/expect.ts';
import { type RecordSettings, recordSettings } from './record/preset.ts';
import { Records } from './record/records.ts';

const fields = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .describe('fields that the record has');

class Desk implements AsyncDisposable {
  readonly settings: RecordSettings;
  readonly records: Records;
  readonly mark: string;
  readonly run: string;
  /** Ids of records that this walk made or saw with our mark. */
  readonly ours = new Set<string>();

  constructor(settings: RecordSettings, { clock, guard, mark, traceparent, run }: Context) {
    this.settings = settings;
    this.records = new Records(settings, { clock, guard, mark, traceparent });
    this.mark = mark;
    this.run = run;
  }

  /** Told the moment it is known, so that `sweep` finds it after a crash. */
  claim(record: JsonObject, note: Tools['note']): void {
    const id = this.records.idOf(record);
    if (id === '' || this.ours.has(id) || !this.records.tagOf(record).includes(this.run)) return;
    this.ours.add(id);
    note({ type: 'made', driver: 'crm', record: { id } });
    note({ type: 'ref', system: 'crm', id });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Records behind the contact centre: cases in a CRM or a ticket system, over REST. */
export default defineDriver({
  about: 'look into the customer records',
  settings: recordSettings,
  open: async (settings, context) => new Desk(settings, context),
  sweep: async (record, settings) => {
    const free = {
      clock: { now: () => Date.now(), sleep: async () => undefined },
      guard: { target: () => undefined },
      mark: 'sweep',
      traceparent: '',
    };
    await new Records(settings, free).forget(String(record.id), AbortSignal.timeout(10_000));
  },
  actions: {
    expect: defineAction({
      about: 'expect exactly one case, visible within the limit, counted from the act named by `since`',
      main: 'case',
      layer: 'crm',
      args: z.object({
        case: fields,
        where: expression.optional().describe('JMESPath that must hold for the record'),
        exactly: z.number().int().min(0).default(1),
        since: z.string().optional().describe('id of the step whose act it follows'),
        poll: duration.optional(),
        stable: duration.prefault('300ms').describe('a further look after so long finds duplicates'),
      }),
      title: ({ case: wanted, exactly = 1 }) => {
        const what = Object.values((wanted ?? {}) as JsonObject).map(String);
        return `expect ${exactly === 1 ? 'one case' : `${exactly} cases`} “${what[0] ?? ''}” in the CRM`;
      },
      run: async ({ case: wanted, poll, ...rest }, desk: Desk, tools) => {
        const { settings, records } = desk;
        const asked = {
          ...rest,
          fields: wanted,
          poll: poll ?? settings.poll,
          lag: settings.lag,
          seen: (record: JsonObject) => desk.claim(record, tools.note),
        };
        const found = await expectRecords(asked, records, tools);
        return rest.exactly === 1 ? found[0] : found;
      },
    }),
    create: defineAction({
      about: 'make a case, with our mark',
      main: 'case',
      layer: 'crm',
      args: z.object({ case: fields }),
      title: () => 'make a case in the CRM',
      run: async ({ case: wanted }, desk: Desk, { signal, note }) => {
        const made = await desk.records.create(wanted, signal);
        const id = desk.records.idOf(made);
        if (id === '') throw new Failure('the new record has no id', { came: JSON.stringify(made).slice(0, 200) });
        desk.ours.add(id);
        note({ type: 'made', driver: 'crm', record: { id } });
        return made;
      },
    }),
    forget: defineAction({
      about: 'delete a case that this walk made',
      main: 'record',
      layer: 'crm',
      args: z.object({ record: z.union([z.string(), z.number()]).transform(String).describe('its id') }),
      title: ({ record }) => `forget case ${record}`,
      run: async ({ record: id }, desk: Desk, { signal, note }) => {
        if (!desk.ours.has(id))
          throw new SpecError(
            `record ${id} does not carry the mark of this walk: it is not deleted`,
            'only what this walk made may be forgotten',
          );
        await desk.records.forget(id, signal);
        desk.ours.delete(id);
        note({ type: 'forgotten', driver: 'crm', record: { id } });
      },
    }),
  },
});
