import { type Kysely, sql } from 'kysely';
import { SpecError } from '../core/errors.ts';
import type { Tables } from './tables.ts';

/** Each entry takes the schema one version up; entries are only ever added. Types are understood by both databases. */
const steps: readonly (readonly string[])[] = [
  [
    `create table run (id text primary key, at bigint not null, tool text not null, environment text not null, location text not null, trigger text not null, batch text not null, commit_id text, branch text, subject text, status text, ms bigint, exit bigint, interrupted bigint not null)`,
    'create index run_at on run (at)',
    `create table walk (id text primary key, run text not null, journey text not null, title text not null, owner text not null, at bigint not null, hash text not null, status text not null, ms double precision not null, attempts bigint not null, flaky bigint not null)`,
    'create index walk_journey on walk (journey, at)',
    'create index walk_run on walk (run)',
    `create table series (id bigint primary key, journey text not null, step text not null, environment text not null, location text not null, trigger text not null, variant text not null)`,
    'create index series_journey on series (journey, step)',
    `create table sample (series bigint not null, at bigint not null, walk text not null, run text not null, status text not null, ms double precision)`,
    'create index sample_series on sample (series, at, ms, status, run, walk)',
    'create index sample_run on sample (run)',
    `create table metric (series bigint not null, at bigint not null, walk text not null, run text not null, name text not null, unit text not null, value double precision not null)`,
    'create index metric_series on metric (series, name, at)',
    'create index metric_run on metric (run)',
    `create table artefact (walk text not null, step text not null, path text not null, mime text not null)`,
    'create index artefact_walk on artefact (walk)',
    `create table finding (run text not null, walk text, seq bigint not null, at bigint not null, kind text not null, status text not null, journey text not null, step text not null, json text not null, label text, primary key (run, seq))`,
    `create table made (run text not null, driver text not null, record text not null, environment text not null, at bigint not null, primary key (run, driver, record))`,
    `create table lease (kind text not null, name text not null, holder text not null, until bigint not null, primary key (kind, name))`,
    `create table counter (kind text not null, day text not null, n bigint not null, primary key (kind, day))`,
    `create table change (id text primary key, name text not null, at bigint not null, until bigint, "by" text, scope text not null, rolls_back text)`,
  ],
  [
    `create table episode (id text primary key, series bigint not null, direction text not null, at bigint not null, opened bigint not null, closed bigint, ratio double precision, sentence text not null, label text)`,
    'create index episode_closed on episode (closed)',
    `create table verdict (series bigint not null, at bigint not null, kind text not null, method text not null, inputs text not null, json text not null)`,
    'create index verdict_series on verdict (series, at)',
  ],
  [
    'alter table run add column zone text',
    'alter table run add column runner text',
    'alter table run add column pruned bigint',
    'alter table walk add column variant text',
    'alter table walk add column seed bigint',
    'alter table sample add column within_ms bigint',
    `create table attempt (walk text not null, attempt bigint not null, at bigint not null, status text not null, ms double precision not null, primary key (walk, attempt))`,
    `create table step (walk text not null, seq bigint not null, attempt bigint not null, step text not null, actor text not null, at bigint not null, status text not null, ms double precision, first_ms double precision, tries bigint not null, phase text not null, layer text not null, owner text not null, within_ms bigint, target_ms bigint, said text, primary key (walk, seq))`,
    `create table flagged (run text not null, journey text not null, step text not null, finding_run text not null, finding_seq bigint not null, primary key (run, journey, step, finding_run, finding_seq))`,
    `insert into flagged select run, journey, step, run, seq from finding where kind = 'gate' and status = 'regressed'`,
    `create table exclusion (id text primary key, run text not null, journey text, reason text not null, "by" text, at bigint not null, lifted bigint)`,
    'create index exclusion_run on exclusion (run)',
    `create table pin (id text primary key, journey text not null, runs text not null, reason text not null, "by" text, at bigint not null, lifted bigint)`,
    'alter table change add column external text',
    `create table rollup (series bigint not null, grain text not null, at bigint not null, n bigint not null, failed bigint not null, late bigint not null, sum double precision not null, min double precision, max double precision, hist bytea, primary key (series, grain, at))`,
    'create table unrolled (run text primary key)',
    `insert into unrolled select id from run where status is not null`,
    'create table receipt (id text primary key)',
    'create index episode_series on episode (series, at)',
  ],
  ['alter table metric add column better text'],
  [
    'create table figure (id bigint primary key, series bigint not null, name text not null, unit text not null)',
    'create index figure_series on figure (series)',
    `insert into unrolled select id from run where status is not null and id in (select run from metric where better = 'higher') and id not in (select run from unrolled)`,
  ],
];

/** Any number that no other program on the server is likely to lock. */
const migrationLock = 7_214_203;

/** Brings the schema up to date inside a transaction that shuts other processes out. Throws SpecError for a store from a newer version. */
export async function migrate(
  db: Kysely<Tables>,
  { where, postgres }: { readonly where: string; readonly postgres: boolean },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // SQLite's transactions begin immediately and keep others out; PostgreSQL lets two make the same table.
    if (postgres) await sql`select pg_advisory_xact_lock(${sql.lit(migrationLock)})`.execute(tx);
    await sql`create table if not exists meta (key text primary key, value text not null)`.execute(tx);
    const read = await tx.selectFrom('meta').select('value').where('key', '=', 'version').executeTakeFirst();
    const version = Number(read?.value ?? 0);
    if (version > steps.length)
      throw new SpecError(
        `the store ${where} was written by a newer Throughline (schema ${version}, this one knows ${steps.length})`,
        'update throughline, or name another folder under `store` in the configuration',
      );
    for (const statements of steps.slice(version))
      for (const statement of statements) await sql.raw(statement).execute(tx);
    if (version === steps.length) return;
    const value = String(steps.length);
    await tx
      .insertInto('meta')
      .values({ key: 'version', value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
      .execute();
  });
}
