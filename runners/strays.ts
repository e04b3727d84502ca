type Hear = (error: unknown) => void;

const runs = new Set<Hear>();
const tell: Hear = (error) => {
  for (const hear of runs) hear(error);
};

/** Hears the errors of this process that nobody caught, until disposed. All runs share one listener; without a run Node does as usual. */
export function strays(hear: Hear): Disposable {
  if (runs.size === 0) process.on('uncaughtException', tell).on('unhandledRejection', tell);
  runs.add(hear);
  return {
    [Symbol.dispose]: () => {
      if (runs.delete(hear) && runs.size === 0) process.off('uncaughtException', tell).off('unhandledRejection', tell);
    },
  };
}
