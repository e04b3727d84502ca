import { type Problem, SpecError } from '../../core/errors.ts';

const shownFaults = 5;

/** Faults found so far: the first five, and how many there are. */
export class Faults {
  readonly first: Problem[] = [];
  count = 0;

  add(problem: Problem): void {
    this.count += 1;
    if (this.first.length < shownFaults) this.first.push(problem);
  }
}

/** Thrown for input that cannot be read: the first five faults and how many more there are. */
export class Unreadable extends SpecError {
  readonly more: number;
  constructor(problems: readonly Problem[], more: number) {
    super(problems);
    this.name = 'Unreadable';
    this.more = more;
  }
}
