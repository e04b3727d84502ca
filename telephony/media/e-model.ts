/** Equipment impairment of a codec (ITU-T G.113 appendix I). */
export interface Equipment {
  readonly ie: number;
  readonly bpl: number;
}

/** G.711 as this house receives it: `concealed` when the holes are filled (G.711 appendix I). */
export const g711Equipment = { plain: { ie: 0, bpl: 4.3 }, concealed: { ie: 0, bpl: 25.1 } } as const satisfies Record<
  string,
  Equipment
>;

/**
 * Wideband equipment impairment without loss (ITU-T G.113 appendix IV: G.722 at 64 kbit/s). What loss does to it is not
 * given for decoders of every kind, and nothing is given for Opus: there the MOS stays unknown.
 */
export const g722Impairment = 13;

export interface Path {
  /** One way, mouth to ear, ms. */
  readonly delay: number;
  /** 0-1 */
  readonly loss: number;
  /** Mean loss run over that of random loss; 1 when absent. */
  readonly burstRatio?: number;
  readonly equipment: Equipment;
}

export interface Estimate {
  /** Transmission rating, 93.2 at best. */
  readonly r: number;
  /** Mean opinion score of a conversation, 1-4.5. */
  readonly mos: number;
}

const by = (exponent: number) => 10 ** exponent;
const slr = 8;
const rlr = 2;
const [stmr, lstr, telr, wepl] = [15, 18, 65, 110];
const [nc, nfor, ps, pr, ds] = [-70, -64, 35, 35, 3];
const qdu = 1;

/** The E-model of ITU-T G.107 (06/2015) in full, every parameter that a network cannot tell at its default. */
export function estimate({ delay, loss, burstRatio = 1, equipment }: Path): Estimate {
  const no = noise();
  const ro = 15 - 1.5 * (slr + no);
  const percent = loss * 100;
  const { ie, bpl } = equipment;
  const equipmentLoss = ie + ((95 - ie) * percent) / (percent / burstRatio + bpl);
  const r = ro - simultaneous(ro, no) - delayed(ro, no, delay) - equipmentLoss;
  return { r, mos: opinion(r) };
}

/** The wideband E-model of ITU-T G.107.1, whose best rating is 129, of a path without loss. */
export function estimateWideband({ delay, ie }: { readonly delay: number; readonly ie: number }): Estimate {
  const best = 129;
  const r = best - delayed(best, noise(), delay) - ie;
  return { r, mos: opinion(r / 1.29) };
}

/** G.107 annex B; never below 1, where the cubic dips. */
export function opinion(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

/** Sum of noise powers at the 0 dBr point, dBm0p (7.2). */
function noise(): number {
  const pre = pr + 10 * Math.log10(1 + by((10 - lstr) / 10));
  const nos = ps - slr - ds - 100 + 0.004 * (ps - (slr + rlr) - ds - 14) ** 2;
  const nor = rlr - 121 + pre + 0.008 * (pre - 35) ** 2;
  return 10 * Math.log10(by(nc / 10) + by(nos / 10) + by(nor / 10) + by((nfor + rlr) / 10));
}

const root = (x: number, power: number) => (1 + x ** power) ** (1 / power);

/** Side tone without delay (7.3). */
function sideTone(masked: number): number {
  return 12 * root((masked - 13) / 6, 8) - 28 * root((masked + 1) / 19.4, 35) - 13 * root((masked - 3) / 33, 13) + 29;
}

/** Is: what happens at the same time as speech: loudness, side tone, quantising (7.3). */
function simultaneous(ro: number, no: number): number {
  const xolr = slr + rlr + 0.2 * (64 + no - rlr);
  const loudness = 20 * (root(xolr / 8, 8) - xolr / 8);
  const masked = -10 * Math.log10(by(-stmr / 10) + by(-telr / 10));
  const q = 37 - 15 * Math.log10(qdu);
  const g = 1.07 + 0.258 * q + 0.0602 * q * q;
  const quantising = 15 * Math.log10(1 + by((ro - 100) / 15 + 46 / 8.4 - g / 9) + by(46 / 30 - g / 40));
  return loudness + sideTone(masked) + quantising;
}

/** Id = talker echo + listener echo + absolute delay (7.4), with T = Ta and Tr = 2 Ta. */
function delayed(ro: number, no: number, t: number): number {
  const terv = telr - 40 * Math.log10((1 + t / 10) / (1 + t / 150)) + 6 * Math.exp(-0.3 * t * t);
  const echo = -1.5 * (no - rlr) - (80 + 2.5 * (terv - 14));
  const talker = (echo / 2 + Math.sqrt((echo * echo) / 4 + 100) - 1) * (1 - Math.exp(-t));
  const gap = ro - 10.5 * (wepl + 7) * (2 * t + 1) ** -0.25;
  const listener = gap / 2 + Math.sqrt((gap * gap) / 4 + 169);
  const x = Math.log2(t / 100);
  const absolute = t <= 100 ? 0 : 25 * (root(x, 6) - 3 * root(x / 3, 6) + 2);
  return talker + listener + absolute;
}

/** What a receiver adds: its playout buffer (twice the jitter within 20-200 ms) and 20 ms of packing. */
export function mouthToEar(roundTrip: number | undefined, jitter: number): number {
  return (roundTrip ?? 0) / 2 + Math.max(20, Math.min(200, 2 * jitter)) + 20;
}
