/** A statement that fails, in the service's form: a condition in brackets, a text and an SQLSTATE. */
export class SqlError extends Error {
  readonly sql_state: string;

  constructor(condition: string, text: string, sqlState: string, where = '') {
    super(`[${condition}] ${text} SQLSTATE: ${sqlState}${where}`);
    this.name = 'SqlError';
    this.sql_state = sqlState;
  }
}

/** Valid Databricks SQL that this engine cannot run. It is refused, because a wrong answer would be worse. */
export class NotInEngine extends Error {
  constructor(what: string) {
    super(`The SQL engine of the sandbox cannot run this statement: ${what}.`);
    this.name = 'NotInEngine';
  }
}

/** evidence: sql-failure-texts */
export function syntaxError(near: string, line: number, position: number): SqlError {
  const where = near === '' ? 'end of input' : `'${near}'`;
  return new SqlError(
    'PARSE_SYNTAX_ERROR',
    `Syntax error at or near ${where}.`,
    '42601',
    ` (line ${line}, pos ${position})`,
  );
}

/** evidence: sql-failure-texts */
export function tableMissing(name: readonly string[]): SqlError {
  const shown = name.map((part) => `\`${part}\``).join('.');
  return new SqlError(
    'TABLE_OR_VIEW_NOT_FOUND',
    `The table or view ${shown} cannot be found. Verify the spelling and correctness of the schema and catalog.\nIf you did not qualify the name with a schema, verify the current_schema() output, or qualify the name with the correct schema and catalog.\nTo tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS.`,
    '42P01',
  );
}

/** evidence: sql-failure-texts */
export function columnMissing(name: readonly string[], known: readonly string[]): SqlError {
  const shown = name.map((part) => `\`${part}\``).join('.');
  const near = nearest(name.at(-1) ?? '', known);
  if (near.length === 0) {
    return new SqlError(
      'UNRESOLVED_COLUMN.WITHOUT_SUGGESTION',
      `A column, variable, or function parameter with name ${shown} cannot be resolved.`,
      '42703',
    );
  }
  return new SqlError(
    'UNRESOLVED_COLUMN.WITH_SUGGESTION',
    `A column, variable, or function parameter with name ${shown} cannot be resolved. Did you mean one of the following? [${near.map((each) => `\`${each}\``).join(', ')}].`,
    '42703',
  );
}

/** Operands or arguments whose types do not fit. */
export function typeMismatch(expression: string, detail: string): SqlError {
  return new SqlError(
    'DATATYPE_MISMATCH',
    `Cannot resolve "${expression}" due to data type mismatch: ${detail}.`,
    '42K09',
  );
}

/** Names in the order of their distance to a name, at most five, as the service lists them. */
function nearest(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  return [...new Set(known)]
    .map((each) => ({ each, far: distance(wanted, each.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, 5)
    .map(({ each }) => each);
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
