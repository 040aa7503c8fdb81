import { NotInEngine, type SqlError, syntaxError } from './sql-error.ts';
import type { Query } from './syntax.ts';
import type { Token } from './tokens.ts';

/** Words that are never a name without quotes here. */
const RESERVED = new Set(
  'SELECT FROM WHERE GROUP HAVING ORDER UNION INTERSECT EXCEPT ON USING JOIN INNER CROSS NATURAL AND OR NOT IN BETWEEN CASE WHEN THEN ELSE'.split(
    ' ',
  ),
);

/** Words that may follow an expression or a table, so that they are no alias. */
const NO_ALIAS = new Set(
  'QUALIFY LIMIT OFFSET MINUS LEFT RIGHT FULL ANTI SEMI LATERAL WINDOW WITH AS IS LIKE ILIKE RLIKE REGEXP END SORT CLUSTER DISTRIBUTE PIVOT UNPIVOT TABLESAMPLE FILTER OVER DIV ESCAPE NULLS ASC DESC FOR TIMESTAMP VERSION'.split(
    ' ',
  ),
);

/** Words that begin valid SQL which this engine does not have. */
const NOT_HERE =
  /^(PIVOT|UNPIVOT|LATERAL|TABLESAMPLE|CLUSTER|DISTRIBUTE|SORT|MATCH_RECOGNIZE|CUBE|ROLLUP|GROUPING|TIMESTAMP_AS_OF)$/;

/** A place in the tokens of a statement. `query` parses a query in brackets; the parser of queries sets it. */
export class Cursor {
  readonly tokens: readonly Token[];
  readonly query: (cursor: Cursor) => Query;
  readonly sql: string;
  at = 0;

  constructor(sql: string, tokens: readonly Token[], query: (cursor: Cursor) => Query) {
    this.sql = sql;
    this.tokens = tokens;
    this.query = query;
  }

  peek(ahead = 0): Token {
    const token = this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)];
    if (token === undefined) throw new Error('A statement has no tokens.');
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  /** Whether the words and operators follow. */
  sees(...texts: string[]): boolean {
    return texts.every((text, ahead) => {
      const token = this.peek(ahead);
      return (token.kind === 'word' || token.kind === 'op') && token.text === text;
    });
  }

  /** Passes the words and operators, if they follow. */
  take(...texts: string[]): boolean {
    if (!this.sees(...texts)) return false;
    this.at += texts.length;
    return true;
  }

  expect(...texts: string[]): void {
    for (const text of texts) if (!this.take(text)) throw this.error();
  }

  /** The syntax error at this place, or the refusal of a construct that the engine lacks. */
  error(): SqlError | NotInEngine {
    const token = this.peek();
    if (token.kind === 'word' && NOT_HERE.test(token.text)) return new NotInEngine(`it uses ${token.text}`);
    return syntaxError(token.raw, token.line, token.position);
  }

  /** A name: a word that is not reserved, or a name in backticks. */
  identifier(): string {
    const token = this.peek();
    if (token.kind === 'quoted' || (token.kind === 'word' && !RESERVED.has(token.text))) {
      this.at += 1;
      return token.kind === 'quoted' ? token.text : token.raw;
    }
    throw this.error();
  }

  /** Whether a name follows that may be an alias. */
  seesAlias(): boolean {
    const token = this.peek();
    return token.kind === 'quoted' || (token.kind === 'word' && !RESERVED.has(token.text) && !NO_ALIAS.has(token.text));
  }

  /** Names with dots between them. */
  path(): string[] {
    const parts = [this.identifier()];
    while (this.sees('.') && this.peek(1).kind !== 'op') {
      this.at += 1;
      parts.push(this.part());
    }
    return parts;
  }

  /** A part of a name after a dot, where no word is reserved. */
  part(): string {
    const token = this.next();
    if (token.kind === 'quoted') return token.text;
    if (token.kind === 'word') return token.raw;
    this.at -= 1;
    throw this.error();
  }

  /** Items with commas between them. */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.take(',')) items.push(item());
    return items;
  }

  /** The text of the statement between two tokens. */
  textFrom(start: number): string {
    const tokens = this.tokens.slice(start, this.at);
    return tokens.map((token, at) => (at > 0 && !token.tight ? ` ${token.raw}` : token.raw)).join('');
  }
}
