/** Which p-values Benjamini & Hochberg (1995) reject at false discovery rate q among `family` hypotheses. */
export function rejectByP(p: readonly number[], q: number, family = p.length): readonly boolean[] {
  const order = p.map((_, i) => i).sort((a, b) => p[a]! - p[b]!);
  let last = -1;
  order.forEach((i, k) => {
    if (p[i]! <= (q * (k + 1)) / family) last = k;
  });
  const rejected = p.map(() => false);
  for (let k = 0; k <= last; k++) rejected[order[k]!] = true;
  return rejected;
}

/** Which e-values e-BH rejects at q among `family`, valid under any dependence (Wang & Ramdas 2022). */
export function rejectByE(e: readonly number[], q: number, family = e.length): readonly boolean[] {
  return rejectByP(
    e.map((value) => 1 / value),
    q,
    family,
  );
}
