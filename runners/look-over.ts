import { actionsOf } from '../core/attempt.ts';
import { type Problem, SpecError } from '../core/errors.ts';
import type { ActionStep, Journey } from '../core/journey.ts';
import { settingsOf } from '../core/sessions.ts';
import type { House } from './compose.ts';

const watching = (step: ActionStep) => ({ ...step, watching: true });

/** Asks every driver about its steps of each journey. Throws SpecError with all that they find. */
export async function lookOver({ drivers, config, root }: House, journeys: readonly Journey[]): Promise<void> {
  const found: Problem[] = [];
  for (const [name, driver] of drivers) {
    if (!driver.check) continue;
    const settings = settingsOf(driver, config.drivers[name] ?? {}, name);
    for (const { steps, whenever, finally: last } of journeys) {
      const uses = [...actionsOf(steps), ...whenever.map(watching), ...actionsOf(last)].filter(
        (step) => step.driver === name,
      );
      if (uses.length > 0) found.push(...(await driver.check(uses, settings, root)));
    }
  }
  if (found.length > 0) throw new SpecError(found);
}
