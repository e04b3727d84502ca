import { z } from 'zod';
import type { Driver } from '../core/driver.ts';
import { wrapped } from './help.ts';

/** What a driver can do: `chat` lists its verbs, `chat.hear` one verb with its arguments. */
export function driverHelp(topic: string, driver: Driver): string {
  const [name = '', only] = topic.split('.');
  const verbs = Object.entries(driver.actions).filter(([verb]) => only === undefined || verb === only);
  const called = (verb: string) => (verb === name ? name : `${name}.${verb}`);
  const width = Math.max(...verbs.map(([verb]) => called(verb).length)) + 2;
  const lines = verbs.flatMap(([verb, { about, args, main, layer }]) => {
    const rows = wrapped(`  ${called(verb).padEnd(width)}${about} (layer ${layer})`, width + 2);
    return only === undefined ? rows : [...rows, '', ...argumentRows(args, main)];
  });
  const more = only === undefined ? ['', `more: throughline help ${called(verbs[0]?.[0] ?? '')}`] : [];
  return [`${name}: ${driver.about}`, '', ...lines, ...more, ''].join('\n');
}

function argumentRows(args: z.ZodObject, main: string | undefined): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(args, { io: 'input', unrepresentable: 'any' });
  const width = Math.max(0, ...Object.keys(properties).map((key) => key.length)) + 2;
  return Object.entries(properties).flatMap(([key, schema]) => {
    const said = [
      typeof schema === 'object' ? schema.description : undefined,
      key === main ? 'a scalar stands for it' : undefined,
      required.includes(key) ? 'needed' : undefined,
    ];
    return wrapped(`    ${key.padEnd(width)}${said.filter(Boolean).join('; ')}`.trimEnd(), width + 4);
  });
}
