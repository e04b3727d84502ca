import { storeOf } from './memory.ts';
import { readWhen } from './when.ts';

/** A moment, or the moment of a change by its id or name. Throws SpecError. */
export async function sinceOf(text: string, folder: string): Promise<number> {
  await using store = await storeOf(folder);
  const mark = (await store.markers.all()).find(({ id, name }) => id === text || name === text);
  return mark?.at ?? readWhen(text);
}
