import { gateErrors, sameAgain } from './judge/t1.ts';

/** What a part of the bench says one figure with. */
export type Report = (row: {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: string;
  readonly peerValue?: number;
  readonly goal?: string;
  readonly holds?: boolean;
}) => void;

const parts = [gateErrors, sameAgain];

/** The targets of docs on judgement, seeds fixed, peers in the same run. */
export default async (report: Report): Promise<void> => {
  for (const part of parts) await part(report);
};
