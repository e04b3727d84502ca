import { gateErrors, sameAgain } from './judge/t1.ts';
import { markerErrors } from './judge/t2.ts';
import { historyErrors } from './judge/t4.ts';
import { incidentErrors } from './judge/t7.ts';
import { coverage } from './judge/t8.ts';
import { speed } from './judge/t9.ts';
import { tails } from './judge/tails.ts';
import type { Report } from './report.ts';

const parts = [gateErrors, sameAgain, markerErrors, historyErrors, incidentErrors, coverage, tails, speed];

/** The targets of docs on judgement, seeds fixed, peers in the same run. */
export default async (report: Report): Promise<void> => {
  for (const part of parts) await part(report);
};
