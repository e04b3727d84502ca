const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** One character a sample, from the least to the most; `×` where there is no duration. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  const least = Math.min(...known);
  const span = Math.max(...known) - least;
  return values
    .map((value) => {
      if (value === undefined) return '×';
      return bars[span === 0 ? 0 : Math.round(((value - least) / span) * (bars.length - 1))];
    })
    .join('');
}
