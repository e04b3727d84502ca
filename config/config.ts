import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { duration } from '../core/duration.ts';
import { SpecError } from '../core/errors.ts';
import type { LayerInfo } from '../core/event.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import { checkValue } from '../core/spec/args.ts';
import { placeAt } from '../core/spec/positioned.ts';
import { isZone } from '../core/zone.ts';
import { guardSettings } from './guard.ts';
import { usualLayers } from './layers.ts';
import { readYaml, type Source } from './source.ts';

export const layer = z.strictObject({
  owner: z.string().optional().describe('team that is told when this layer is late or wrong'),
  dependsOn: z.array(z.string()).default([]).describe('layers below it'),
  runbook: z.string().optional().describe('link for the person on call'),
});

/** One entry of `quarantine`: a step, or a whole journey, that is skipped until its last day. */
export const quarantine = z.strictObject({
  journey: z.string().describe('its id'),
  step: z.string().optional().describe('name in history; absent: the whole journey'),
  owner: z.string().describe('who is to mend it'),
  reason: z.string(),
  until: z.iso.date().describe('last day, YYYY-MM-DD'),
});

/** Every key of a place that is not the name of a driver. */
export const frame = z.strictObject({
  location: z.string().optional().describe('where these walks start from; default: the name of the environment'),
  timezone: z
    .string()
    .refine(isZone, 'not an IANA time zone, such as Europe/London')
    .default('UTC')
    .describe('IANA zone'),
  lab: z
    .enum(['auto', 'off'])
    .default('off')
    .describe('auto: start the practice contact centre unless one listens already'),
  journeys: z.string().default('journeys').describe('folder of the journeys'),
  store: z.string().default('.throughline').describe('folder of the store and of artefacts'),
  values: z.record(z.string(), z.json()).default({}).describe('what `${config.*}` sees'),
  env: z.array(z.string()).default([]).describe('environment variables that `${env.*}` may see'),
  layers: z.record(z.string(), layer).default({}).describe('who owns which layer; see below'),
  guard: guardSettings.prefault({}).describe('do no harm; see below'),
  quarantine: z.array(quarantine).default([]).describe('what is known and not run just now; see below'),
  within: duration.prefault('30s').describe('limit of a step that names none'),
  limit: duration.prefault('15m').describe('limit of a whole journey that names none'),
});

/** What differs between places. Every key that is not in the frame is the name of a driver. */
export type Config = z.infer<typeof frame> & {
  readonly environment: string;
  readonly file: string;
  readonly drivers: Readonly<Record<string, JsonObject>>;
  /** Allow-listed environment variables that are set: what `${env.*}` sees. */
  readonly visible: Readonly<Record<string, string>>;
  /** Values of environment variables that were filled in: never to be shown. */
  readonly secrets: readonly string[];
};

export interface Filling {
  /** `${lab.url}`, `${lab.ws}` and so on. */
  readonly lab: Readonly<Record<string, string>>;
  readonly drivers: ReadonlyMap<string, { readonly settings: z.ZodObject }>;
}

/** The only reader of the environment. */
export function environment(name: string): string | undefined {
  return process.env[name];
}

/** Reads config/<name>.yaml below the root, unchecked. */
export function readSource(root: string, name: string): Source {
  const folder = join(root, 'config');
  const path = join(folder, `${name}.yaml`);
  if (existsSync(path)) return readYaml(path, { file: relative(root, path), environment: name });
  const here = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.yaml'))
        .map((file) => file.slice(0, -5))
    : [];
  const hint = here.length > 0 ? `environments here: ${here.join(', ')}` : 'run `throughline init` to make one';
  throw new SpecError(`no configuration ${relative(root, path)} in ${root}`, hint);
}

/** Fills `${env.X}` and `${lab.x}`, checks everything at once, and parts the frame from the drivers' settings. */
export function readConfig(source: Source, filling: Filling): Config {
  const secrets: string[] = [];
  const { problems, body } = source;
  const filled = fillAll(source.raw, (reference, path) => {
    const [root, key = ''] = reference.split('.');
    const value = root === 'env' ? environment(key) : filling.lab[key];
    if (value === undefined) {
      const hint = root === 'env' ? `set the environment variable ${key}` : 'this place has `lab: off`';
      problems.add(source.place(path), `\${${reference}} has no value`, hint);
    } else if (root === 'env') secrets.push(value);
    return value ?? '';
  }) as JsonObject;
  const part = (mine: boolean) =>
    Object.fromEntries(Object.entries(filled).filter(([key]) => filling.drivers.has(key) === mine));
  checkValue(wholeOf(filling.drivers), filled, { node: body, place: body.place, problems });
  const read = frame.safeParse(part(false));
  unknownLayers(frame.shape.layers.safeParse(filled.layers).data ?? {}, source);
  if (problems.found.length > 0 || !read.success) throw new SpecError(problems.inOrder());
  const { environment: name, file } = source;
  const visible: Record<string, string> = {};
  for (const key of read.data.env) {
    const value = environment(key);
    if (value !== undefined) visible[key] = value;
  }
  return {
    ...read.data,
    environment: name,
    file,
    visible,
    secrets: [...secrets, ...Object.values(visible)],
    drivers: part(true) as Config['drivers'],
  };
}

/** A layer may only depend on one that there is. */
function unknownLayers(layers: z.infer<typeof frame>['layers'], { problems, body }: Source): void {
  const names = [...new Set([...usualLayers, ...Object.keys(layers)])];
  for (const [name, { dependsOn }] of Object.entries(layers))
    dependsOn.forEach((below, n) => {
      const close = nearest(below, names);
      if (!names.includes(below))
        problems.add(
          placeAt(body, ['layers', name, 'dependsOn', n]),
          `no layer \`${below}\``,
          close ? `did you mean \`${close}\`?` : `there are ${names.join(', ')}`,
        );
    });
}

/** The frame and the settings of every driver as one mapping; what a driver needs may still come from an actor of a journey. */
function wholeOf(drivers: Filling['drivers']): z.ZodType {
  const settings = [...drivers].map(([name, driver]) => [name, driver.settings.partial().strict().optional()]);
  return frame.extend(Object.fromEntries(settings));
}

/** The layers of a place in the order in which a customer meets them, then its own. */
export function layersOf(config: Config): readonly LayerInfo[] {
  const names = [...new Set([...usualLayers, ...Object.keys(config.layers)])];
  return names.map((name) => {
    const { owner = '', dependsOn = [], runbook } = config.layers[name] ?? {};
    return { name, owner, dependsOn, ...(runbook ? { runbook } : {}) };
  });
}

type Fill = (reference: string, path: readonly string[]) => string;

function fillAll(value: Json, fill: Fill, path: readonly string[] = []): Json {
  if (typeof value === 'string')
    return value.replace(/\$\{((?:env|lab)\.\w+)\}/g, (_, reference: string) => fill(reference, path));
  if (Array.isArray(value)) return value.map((item, n) => fillAll(item, fill, [...path, String(n)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillAll(item, fill, [...path, key])]));
}
