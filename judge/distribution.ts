const rootTwo = Math.SQRT2;
const logRootTau = 0.5 * Math.log(2 * Math.PI);

/** P(Z > z), relative error about 1e-15. Series below 2.5, continued fraction above (Abramowitz & Stegun 7.1.6, 7.1.14). */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - normalTail(-z);
  const x = z / rootTwo;
  if (x > 26.5) return 0;
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 100 && term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 - (sum * Math.exp(-x * x)) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 80; n >= 1; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / (2 * Math.sqrt(Math.PI) * (x + fraction));
}

export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z - logRootTau);
}

/** log P(Z <= z), −∞ only at −∞. */
export function logNormalBelow(z: number): number {
  if (z > -30) return Math.log(normalTail(-z));
  return -0.5 * z * z - logRootTau - Math.log(-z) - 1 / (z * z);
}

/** The z with P(Z > z) = p: a rational start (Abramowitz & Stegun 26.2.23) and three Newton steps. */
export function normalQuantile(p: number): number {
  if (!(p > 0)) return Number.POSITIVE_INFINITY;
  if (p >= 1) return Number.NEGATIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let step = 0; step < 3; step++) {
    const density = normalDensity(z);
    if (density < 1e-300) break;
    const off = (normalTail(z) - p) / density;
    z += off / (1 + 0.5 * z * off);
  }
  return z;
}

/** log Γ(x), x > 0: Stirling's series after shifting x above 15. */
export function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 15) {
    shift += Math.log(y);
    y += 1;
  }
  const w = 1 / (y * y);
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188)))) / y;
  return (y - 0.5) * Math.log(y) - y + logRootTau + series - shift;
}

export function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/** Regularised incomplete beta I_x(a, b) by Lentz's continued fraction (Press et al., Numerical Recipes, 6.4). */
export function betaBelow(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaBelow(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x) - Math.log(a),
  );
  const tiny = 1e-300;
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let h = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const part of [even, odd]) {
      d = 1 + part * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + part / c;
      if (Math.abs(c) < tiny) c = tiny;
      h *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * h;
}

/** The x with I_x(a, b) = p, by bisection. */
export function betaQuantile(p: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 80 && high - low > 1e-16; step++) {
    const mid = (low + high) / 2;
    if (betaBelow(mid, a, b) < p) low = mid;
    else high = mid;
  }
  return (low + high) / 2;
}

/** P(T > t) of Student's t; df may be infinite. */
export function studentTail(t: number, df: number): number {
  if (df > 1e7) return normalTail(t);
  if (t < 0) return 1 - studentTail(-t, df);
  return 0.5 * betaBelow(df / (df + t * t), df / 2, 0.5);
}

/** The t with P(T > t) = p. */
export function studentQuantile(p: number, df: number): number {
  if (df > 1e7) return normalQuantile(p);
  if (p > 0.5) return -studentQuantile(1 - p, df);
  let low = 0;
  let high = 1;
  while (studentTail(high, df) > p && high < 1e12) high *= 2;
  for (let step = 0; step < 80 && high - low > 1e-13 * high; step++) {
    const mid = (low + high) / 2;
    if (studentTail(mid, df) > p) low = mid;
    else high = mid;
  }
  return (low + high) / 2;
}

/** P(X >= k), X binomial of n draws at rate p. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return betaBelow(p, k, n - k + 1);
}
