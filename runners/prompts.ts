import type { House } from './compose.ts';

/** Where the prompts of a place lie, and where they go when nothing is said. */
export async function shelfOf(
  house: House,
): Promise<{ readonly folders: readonly string[]; readonly fallback: string }> {
  const { default: driver } = await import('../drivers/voice.ts');
  const { prompts } = driver.settings.parse(house.config.drivers.voice ?? {});
  return { folders: prompts, fallback: `${house.config.journeys}/sounds/prompts` };
}
