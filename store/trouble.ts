/** What a database said, for people: one line, no secret of a URL in it. */
export const wordsOf = (error: unknown): string => {
  const said =
    error instanceof Error ? error.message || (error as { code?: string }).code || error.name : String(error);
  // Node gathers the refusals of all addresses of a host, and leaves the message empty.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const plain = error instanceof AggregateError && first !== undefined ? wordsOf(first) : said;
  return plain.replaceAll(/\w+:\/\/[^\s/]*@/g, '').replaceAll(/password=[^\s&]*/gi, 'password=…');
};

const sqliteTooBig = 18;
const sqliteMismatch = 20;

/** True where what was written is at fault (a value that the schema refuses), not the database: writing it again cannot help. */
export function isOfTheRow(error: unknown): boolean {
  const { errcode, code } = error as { readonly errcode?: number; readonly code?: unknown };
  const primary = (errcode ?? 0) & 0xff;
  if (primary >= sqliteTooBig && primary <= sqliteMismatch) return true;
  // SQLSTATE 22 data exception, 23 integrity constraint violation (PostgreSQL 15, appendix A).
  return typeof code === 'string' && /^2[23]/.test(code);
}

/** What to do about it. */
export function wayOut(error: unknown, where: string): string {
  const said = wordsOf(error);
  const code = String((error as { readonly code?: unknown }).code ?? '');
  if (/readonly|read-only/i.test(said))
    return 'make the folder writable, or name another under `store` in the configuration';
  if (/full|no space/i.test(said)) return 'make room on the disk; nothing was lost that was acknowledged';
  if (/not a database|malformed|corrupt/i.test(said))
    return `move it away (mv ${where} ${where}.broken); a new one is made`;
  if (/unable to open|locked/i.test(said)) return 'see that the file can be opened and that no other process holds it';
  if (/^28/.test(code) || /SASL|password/i.test(said))
    return 'see user and password in DATABASE_URL; special characters of a password are written as %40 and so on';
  if (/^3D/.test(code)) return 'create that database, or name another in DATABASE_URL';
  if (/ENOTFOUND|EAI_AGAIN|Invalid URL/.test(`${said} ${code}`))
    return 'DATABASE_URL is postgres://user:password@host:5432/database; without it a file is used';
  return 'see that the database is up and may be written to; DATABASE_URL chooses PostgreSQL, without it a file is used';
}
