import type { Cursor } from './cursor.ts';
import { NotInEngine } from './sql-error.ts';
import type { Expr } from './syntax.ts';
import { BIGINT, DOUBLE, decimal, INT, type SqlType, typeNamed } from './types.ts';

/** The name of a type. */
export function parseType(c: Cursor): SqlType {
  const start = c.at;
  const name = c.next();
  if (c.take('(')) {
    c.list(() => c.next());
    c.expect(')');
  }
  const text = c.tokens
    .slice(start, c.at)
    .map((token) => token.raw)
    .join('');
  const type = name.kind === 'word' ? typeNamed(text) : undefined;
  if (type !== undefined) return type;
  if (/^(ARRAY|MAP|STRUCT|VARIANT|BINARY|INTERVAL)$/.test(name.text)) throw new NotInEngine(`it casts to ${name.text}`);
  c.at = start;
  throw c.error();
}

/** The path of `column:field.inner[0]`, as a path of `get_json_object`. */
export function jsonPath(c: Cursor): string {
  let path = `$.${c.next().text}`;
  for (;;) {
    if (c.sees('.') && c.peek(1).kind !== 'op') {
      c.next();
      path += `.${c.part()}`;
    } else if (c.sees('[')) {
      c.next();
      const token = c.next();
      path += token.kind === 'string' ? `.${token.text}` : `[${token.text}]`;
      c.expect(']');
    } else return path;
  }
}

/** A number as a literal: with a point it is a decimal, with an exponent a double. */
export function numberOf(text: string): Expr {
  const [digits = text, suffix = ''] = /^([\d.]+(?:E[+-]?\d+)?)(BD|[LSYDF])?$/.exec(text)?.slice(1) ?? [];
  const value = Number(digits);
  if (suffix === 'D' || suffix === 'F' || digits.includes('E')) return { kind: 'literal', value, type: DOUBLE };
  if (suffix === 'BD' || digits.includes('.')) {
    const [whole = '', fraction = ''] = digits.split('.');
    const precision = Math.max(whole.replace(/^0+/, '').length + fraction.length, fraction.length, 1);
    return { kind: 'literal', value, type: decimal(precision, fraction.length) };
  }
  return { kind: 'literal', value, type: suffix === 'L' || value > 2 ** 31 - 1 ? BIGINT : INT };
}
