import { readdirSync } from 'node:fs';

/** Every part of a folder: one .ts or .js file each, named after its file, its default export. */
export async function discover<Part>(folder: URL): Promise<ReadonlyMap<string, Part>> {
  const names = readdirSync(folder)
    .filter((name) => /^[a-z][a-z0-9-]*\.(ts|js|mjs)$/.test(name))
    .sort();
  const parts = await Promise.all(
    names.map(async (name) => {
      const module = (await import(new URL(name, folder).href)) as { default?: Part };
      if (module.default === undefined) throw new Error(`${name} in ${folder.pathname} has no default export`);
      return [name.replace(/\.\w+$/, ''), module.default] as const;
    }),
  );
  return new Map(parts);
}
