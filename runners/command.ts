import type { Io } from './io.ts';

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly about: string;
  /** What stands for the value in help: PATH, NAME, N. */
  readonly value?: string;
  readonly short?: string;
  readonly multiple?: boolean;
}

export interface Call {
  readonly io: Io;
  readonly words: readonly string[];
  /** Value of an option given once. */
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
  /** A whole number of at least `least`; SpecError otherwise. */
  count(name: string, least: number): number | undefined;
}

/** A part in runners/commands/: one file, one default export; its file name is its name. */
export interface Command {
  readonly about: string;
  /** Words after the name: `[PATH...]`. */
  readonly usage?: string;
  readonly example: string;
  readonly options?: Readonly<Record<string, Option>>;
  /** Resolves to the exit code. */
  run(call: Call): Promise<number>;
}

/** Options of every command that works on a place. */
export const placeOptions: Readonly<Record<string, Option>> = {
  env: { type: 'string', value: 'NAME', about: 'configuration config/NAME.yaml (default: local)' },
  root: {
    type: 'string',
    value: 'PATH',
    about: 'project folder (default: found from here upwards)',
  },
  lab: { type: 'string', value: 'URL', about: 'practice contact centre to use (default: our own)' },
};
