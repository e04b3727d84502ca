import { readdirSync } from 'node:fs';

/** Every part of a folder: one .ts or .js file each, named after its file, its default export. */
export async function discover<Part>(folder: URL): Promise<ReadonlyMap<string, Part>> {
  const names = readdirSync(folder)
    .filter((name) => /^[a-z][a-z0-9-]*\.(ts|js|mjs)$/.test(name))
    .sort();
  const parts = await Promise.all(
    names.map(async (name) => {
      const module = await load<Part>(new URL(name, folder));
      if (module.default === undefined) throw new Error(`${name} has no default export`);
      return [name.replace(/\.\w+$/, ''), module.default] as const;
    }),
  );
  return new Map(parts);
}

async function load<Part>(file: URL): Promise<{ readonly default?: Part }> {
  try {
    return await import(file.href);
  } catch (error) {
    const name = file.pathname.split('/').at(-1);
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
