/** What a command may touch of the terminal it was started from. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly tty: boolean;
  readonly color: boolean;
  readonly columns: number;
  readonly cwd: string;
  /** First Ctrl-C. */
  readonly interrupt: AbortSignal;
  /** Second Ctrl-C. */
  readonly abandon: AbortSignal;
}
