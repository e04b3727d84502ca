import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Config, layersOf, readConfig, readSource } from '../config/config.ts';
import { discover } from '../core/discover.ts';
import type { Driver } from '../core/driver.ts';
import { discoverDrivers } from '../core/driver-shape.ts';
import { SpecError } from '../core/errors.ts';
import type { LayerInfo } from '../core/event.ts';
import type { Reading } from '../core/spec/reading.ts';
import type { Place } from './place.ts';
import { openLab } from './practice.ts';

/** A place put together: configuration, drivers, layers, and the practice contact centre where it is asked for. */
export interface House extends AsyncDisposable {
  readonly root: string;
  readonly config: Config;
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly layers: readonly LayerInfo[];
  readonly journeys: string;
  /** Folder of store and artefacts. */
  readonly store: string;
  /** One line for people when a lab was started or found. */
  readonly lab?: string;
  /** Why the practice contact centre is not there any more; absent where there is none. Never rejects. */
  readonly gone?: () => Promise<string | undefined>;
  reading(literal?: (target: string) => void): Reading;
}

/** The only place where parts meet. Throws SpecError. */
export async function compose(place: Place): Promise<House> {
  const root = rootOf(place);
  const source = readSource(root, place.env ?? 'local');
  const drivers = await driversOf(root);
  const lab = await openLab(source.raw.lab === 'auto', place);
  try {
    const config = readConfig(source, { lab: lab.addresses, drivers });
    const layers = layersOf(config);
    const journeys = resolve(root, config.journeys);
    return {
      root,
      config,
      drivers,
      layers,
      journeys,
      store: resolve(root, config.store),
      ...(lab.said === undefined ? {} : { lab: lab.said }),
      ...(lab.gone ? { gone: lab.gone } : {}),
      reading: (literal) => ({
        root: journeys,
        drivers,
        config: config.values as Reading['config'],
        env: config.env,
        set: Object.keys(config.visible),
        layers: layers.map(({ name }) => name),
        owner: (layer) => layers.find(({ name }) => name === layer)?.owner || undefined,
        within: config.within,
        ...(literal ? { literal } : {}),
      }),
      [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
    };
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
}

/** Our drivers, and those in the drivers/ folder of the user's own project. */
export async function driversOf(root: string): Promise<ReadonlyMap<string, Driver>> {
  const ours = new URL('../drivers/', import.meta.url);
  const theirs = pathToFileURL(join(root, 'drivers/'));
  const found = await discover<Driver>(ours);
  if (theirs.href === ours.href || !existsSync(theirs)) return found;
  return new Map([...found, ...(await discoverDrivers(theirs))]);
}

/** The project folder: the one named, else the nearest one above with config/ or journeys/. Throws SpecError. */
export function rootOf({ cwd, root }: Pick<Place, 'cwd' | 'root'>): string {
  if (root !== undefined) {
    const path = resolve(cwd, root);
    if (!existsSync(path)) throw new SpecError(`no folder ${root}`);
    return path;
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'config')) || existsSync(join(folder, 'journeys'))) return folder;
    if (dirname(folder) === folder) return cwd;
  }
}
