import { z } from 'zod';
import { discover } from './discover.ts';
import type { Driver } from './driver.ts';
import { SpecError } from './errors.ts';
import { issueWords } from './issue.ts';
import { reserved } from './language.ts';
import { moduleSyntax } from './module-syntax.ts';

const object = z.custom<z.ZodObject>((value) => value instanceof z.ZodObject, 'expected a z.object of zod 4');
const work = z.custom((value) => typeof value === 'function', 'expected a function');
const verb = z
  .looseObject({ about: z.string(), args: object, main: z.string().optional(), layer: z.string(), run: work })
  .superRefine(({ args, main }, context) => {
    const names = Object.keys(args.shape);
    if (main !== undefined && !names.includes(main))
      context.addIssue({
        code: 'custom',
        path: ['main'],
        message: `\`${main}\` is none of its arguments: ${names.join(', ')}`,
      });
    for (const name of names.filter((one) => Object.hasOwn(reserved, one)))
      context.addIssue({ code: 'custom', path: ['args', name], message: `\`${name}\` is a key that every step has` });
  });
const shape = z.looseObject({ about: z.string(), settings: object, open: work, actions: z.record(z.string(), verb) });

/** The drivers of somebody else's folder. Throws SpecError, naming file and member, for one that cannot be loaded or is none. */
export async function discoverDrivers(folder: URL): Promise<ReadonlyMap<string, Driver>> {
  using _ = moduleSyntax(new URL('../', folder));
  const found = await discover<Driver>(folder).catch((error: unknown) => {
    throw new SpecError(
      `a driver in ${folder.pathname} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      'see docs/guide/writing-a-driver.md',
    );
  });
  const problems = [...found].flatMap(([name, driver]) =>
    (shape.safeParse(driver).error?.issues ?? []).map((issue) => ({
      message: `driver ${name}: ${issue.path.join('.') || 'default export'}: ${issueWords(issue)}`,
      hint: 'see docs/guide/writing-a-driver.md',
    })),
  );
  if (problems.length > 0) throw new SpecError(problems);
  return found;
}
