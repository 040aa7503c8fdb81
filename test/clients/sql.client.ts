/** A parser for the SQL of Databricks reads every statement that this server can send. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { statementOf } from '../../src/usage/statement.ts';
import { QUERIES } from '../usage/statements.ts';
import { install, PROGRAMS, PYTHON, python } from './python-environment.ts';

interface Parsed {
  error?: string;
  statements?: string[];
  unknown_functions?: string[];
  parameters?: string[];
}

function parse(texts: readonly string[]): Parsed[] {
  const input = JSON.stringify(texts);
  return JSON.parse(execFileSync(PYTHON, [join(PROGRAMS, 'parse_sql.py')], { input, encoding: 'utf8' }));
}

const SCOPE = { since: 0, until: 1, workspace: '1', endpoint: 'churn', endpointId: 'a', table: '`a`.`b`.`c`' };

describe.skipIf(python === undefined)('sqlglot', () => {
  beforeAll(install, 300_000);

  it('parses every statement as one SELECT whose functions and parameters it knows', () => {
    const parsed = parse(QUERIES.map(([, query]) => query.text));
    expect(parsed).toHaveLength(QUERIES.length);
    for (const [at, [what, query]] of QUERIES.entries()) {
      const given = statementOf(query, SCOPE, 'test').parameters.map(({ name }) => name);
      expect(parsed[at], what).toEqual({
        statements: ['Select'],
        unknown_functions: [],
        parameters: given.sort(),
      });
    }
  });

  it('rejects invalid SQL, so that the test above can fail', () => {
    const [broken, two, unknown] = parse([
      'SELECT FROM WHERE',
      'SELECT 1; DROP TABLE a.b.c',
      'SELECT NO_SUCH_FUNCTION(a) FROM b',
    ]);
    expect(broken?.error).toBeDefined();
    expect(two?.statements).toEqual(['Select', 'Drop']);
    expect(unknown?.unknown_functions).toEqual(['NO_SUCH_FUNCTION']);
  });
});
