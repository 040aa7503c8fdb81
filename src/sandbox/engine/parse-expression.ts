import type { Cursor } from './cursor.ts';
import { jsonPath, numberOf, parseType } from './parse-literal.ts';
import { NotInEngine } from './sql-error.ts';
import type { Call, Expr, Order, Window } from './syntax.ts';
import { BOOLEAN, DATE, DOUBLE, STRING, TIMESTAMP, VOID } from './types.ts';

const UNITS = /^(YEAR|QUARTER|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND|MILLISECOND|MICROSECOND)S?$/;
const COMPARE = ['=', '==', '<>', '!=', '<', '<=', '>', '>='];
/** Functions that are written without brackets. */
const BARE = /^(CURRENT_TIMESTAMP|CURRENT_DATE|CURRENT_USER|CURRENT_TIMEZONE|SESSION_USER)$/;

/** One expression. Levels of precedence are those of Databricks SQL, from OR to the postfix operators. */
export function parseExpression(c: Cursor): Expr {
  let left = conjunction(c);
  while (c.take('OR')) left = { kind: 'binary', op: 'OR', left, right: conjunction(c) };
  return left;
}

function conjunction(c: Cursor): Expr {
  let left = negation(c);
  while (c.take('AND')) left = { kind: 'binary', op: 'AND', left, right: negation(c) };
  return left;
}

function negation(c: Cursor): Expr {
  if (c.take('NOT') || c.take('!')) return { kind: 'unary', op: 'NOT', arg: negation(c) };
  return predicate(c);
}

function predicate(c: Cursor): Expr {
  let left = bits(c);
  for (;;) {
    const op = COMPARE.find((each) => c.sees(each));
    if (op !== undefined) {
      c.take(op);
      left = { kind: 'binary', op: op === '==' ? '=' : op === '!=' ? '<>' : op, left, right: bits(c) };
      continue;
    }
    if (c.take('<=>')) {
      left = { kind: 'distinct', left, right: bits(c), not: true };
      continue;
    }
    const after = tested(c, left);
    if (after === undefined) return left;
    left = after;
  }
}

/** The test that follows an operand: IS, BETWEEN, IN or LIKE. */
function tested(c: Cursor, arg: Expr): Expr | undefined {
  if (c.take('IS')) {
    const not = c.take('NOT');
    if (c.take('DISTINCT', 'FROM')) return { kind: 'distinct', left: arg, right: bits(c), not };
    const what = (['NULL', 'TRUE', 'FALSE'] as const).find((each) => c.take(each));
    if (what === undefined) throw c.error();
    return { kind: 'is', arg, what, not };
  }
  const not = c.sees('NOT') && ['BETWEEN', 'IN', 'LIKE', 'ILIKE', 'RLIKE', 'REGEXP'].includes(c.peek(1).text);
  if (not) c.take('NOT');
  if (c.take('BETWEEN')) {
    const low = bits(c);
    c.expect('AND');
    return { kind: 'between', arg, low, high: bits(c), not };
  }
  if (c.take('IN')) {
    c.expect('(');
    const list = c.sees('SELECT') || c.sees('WITH') ? c.query(c) : c.list(() => parseExpression(c));
    c.expect(')');
    return { kind: 'in', arg, list, not };
  }
  for (const how of ['LIKE', 'ILIKE', 'RLIKE', 'REGEXP'] as const) {
    if (!c.take(how)) continue;
    if (c.sees('ANY') || c.sees('ALL')) throw new NotInEngine(`it uses ${how} ${c.peek().text}`);
    const pattern = bits(c);
    const mark = c.take('ESCAPE') ? c.next().text : '\\';
    return { kind: 'like', arg, pattern, not, how: how === 'REGEXP' ? 'RLIKE' : how, escape: mark };
  }
  return undefined;
}

function bits(c: Cursor): Expr {
  if (c.sees('|') || c.sees('&') || c.sees('^')) throw new NotInEngine('it uses operators of bits');
  return sum(c);
}

function sum(c: Cursor): Expr {
  let left = product(c);
  for (let op = c.peek().text; c.peek().kind === 'op' && ['+', '-', '||'].includes(op); op = c.peek().text) {
    c.next();
    left = { kind: 'binary', op, left, right: product(c) };
  }
  return left;
}

function product(c: Cursor): Expr {
  let left = signed(c);
  for (;;) {
    const op = ['*', '/', '%', 'DIV'].find((each) => c.sees(each));
    if (op === undefined) return left;
    c.next();
    left = { kind: 'binary', op, left, right: signed(c) };
  }
}

function signed(c: Cursor): Expr {
  if (c.take('-')) return { kind: 'unary', op: '-', arg: signed(c) };
  if (c.take('+')) return signed(c);
  return postfix(c);
}

function postfix(c: Cursor): Expr {
  let value = primary(c);
  for (;;) {
    if (c.take('::')) value = { kind: 'cast', arg: value, type: parseType(c), attempt: false };
    else if (c.take('[')) {
      value = { kind: 'item', of: value, at: parseExpression(c) };
      c.expect(']');
    } else if (c.sees('.') && value.kind !== 'star' && (c.peek(1).kind === 'word' || c.peek(1).kind === 'quoted')) {
      c.next();
      value = { kind: 'field', of: value, name: c.part() };
    } else if (c.peek().kind === 'param' && c.peek().tight && (value.kind === 'name' || value.kind === 'field')) {
      value = { kind: 'json', of: value, path: jsonPath(c) };
    } else return value;
  }
}

function primary(c: Cursor): Expr {
  const token = c.peek();
  switch (token.kind) {
    case 'string': {
      c.next();
      let text = token.text;
      while (c.peek().kind === 'string') text += c.next().text;
      return { kind: 'literal', value: text, type: STRING };
    }
    case 'number':
      c.next();
      return numberOf(token.text);
    case 'param':
      c.next();
      return { kind: 'param', name: token.text };
    case 'quoted':
      return named(c);
    case 'word':
      return keyword(c);
    default:
      if (c.take('*')) return star(c, []);
      if (c.take('(')) return inBrackets(c);
      throw c.error();
  }
}

function inBrackets(c: Cursor): Expr {
  if (c.sees('SELECT') || c.sees('WITH')) {
    const query = c.query(c);
    c.expect(')');
    return { kind: 'scalar', query };
  }
  const inner = parseExpression(c);
  if (c.sees(',')) throw new NotInEngine('it has a row of values in brackets');
  c.expect(')');
  return inner;
}

function star(c: Cursor, of: string[]): Expr {
  if (!c.take('EXCEPT')) return { kind: 'star', of, except: [] };
  c.expect('(');
  const except = c.list(() => c.identifier());
  c.expect(')');
  return { kind: 'star', of, except };
}

function keyword(c: Cursor): Expr {
  const { text } = c.peek();
  const follows = c.peek(1);
  if (c.take('NULL')) return { kind: 'literal', value: null, type: VOID };
  if (c.take('TRUE')) return { kind: 'literal', value: true, type: BOOLEAN };
  if (c.take('FALSE')) return { kind: 'literal', value: false, type: BOOLEAN };
  if (c.take('CASE')) return cases(c);
  if (c.sees('EXISTS', '(')) {
    c.next();
    c.next();
    const query = c.query(c);
    c.expect(')');
    return { kind: 'exists', query };
  }
  if ((text === 'CAST' || text === 'TRY_CAST') && c.take(text, '(')) {
    const arg = parseExpression(c);
    c.expect('AS');
    const type = parseType(c);
    c.expect(')');
    return { kind: 'cast', arg, type, attempt: text === 'TRY_CAST' };
  }
  if (text === 'INTERVAL' && follows.text !== '(' && follows.text !== '.') {
    c.next();
    return interval(c);
  }
  if ((text === 'DATE' || text === 'TIMESTAMP') && follows.kind === 'string') {
    c.next();
    const literal = primary(c);
    return { kind: 'cast', arg: literal, type: text === 'DATE' ? DATE : TIMESTAMP, attempt: false };
  }
  if (c.take('EXTRACT', '(')) {
    const unit = c.next().text;
    c.expect('FROM');
    const arg = parseExpression(c);
    c.expect(')');
    return plainCall('DATE_PART', [{ kind: 'literal', value: unit, type: STRING }, arg]);
  }
  if (BARE.test(text) && follows.text !== '(') {
    c.next();
    return plainCall(text, []);
  }
  return named(c);
}

function plainCall(name: string, args: Expr[]): Call {
  return { kind: 'call', name, args, distinct: false, filter: null, over: null, within: [] };
}

function cases(c: Cursor): Expr {
  const of = c.sees('WHEN') ? null : parseExpression(c);
  const whens: { when: Expr; result: Expr }[] = [];
  while (c.take('WHEN')) {
    const when = parseExpression(c);
    c.expect('THEN');
    whens.push({ when, result: parseExpression(c) });
  }
  if (whens.length === 0) throw c.error();
  const otherwise = c.take('ELSE') ? parseExpression(c) : null;
  c.expect('END');
  return { kind: 'case', of, whens, otherwise };
}

function interval(c: Cursor): Expr {
  const parts: { amount: Expr; unit: string }[] = [];
  const unitOf = (word: string): string | undefined => UNITS.exec(word.toUpperCase())?.[1];
  if (c.peek().kind === 'string' && unitOf(c.peek(1).text) === undefined) {
    const words = c.next().text.trim().split(/\s+/);
    for (let at = 0; at + 1 < words.length; at += 2) {
      const unit = unitOf(words[at + 1] ?? '');
      const amount = Number(words[at]);
      if (unit === undefined || Number.isNaN(amount)) throw new NotInEngine('it has an interval of this form');
      parts.push({ amount: { kind: 'literal', value: amount, type: DOUBLE }, unit });
    }
    if (parts.length === 0) throw new NotInEngine('it has an interval of this form');
    return { kind: 'interval', parts };
  }
  do {
    const literal = c.peek().kind === 'string' ? stringAmount(c) : signed(c);
    const unit = unitOf(c.peek().text);
    if (unit === undefined) throw c.error();
    c.next();
    if (c.sees('TO')) throw new NotInEngine('it has an interval of two units');
    parts.push({ amount: literal, unit });
  } while (c.peek().kind === 'number' || c.peek().kind === 'string');
  return { kind: 'interval', parts };
}

function stringAmount(c: Cursor): Expr {
  const { text } = c.peek();
  if (Number.isNaN(Number(text)) || text.trim() === '') throw c.error();
  c.next();
  return { kind: 'literal', value: Number(text), type: DOUBLE };
}

function named(c: Cursor): Expr {
  const quoted = c.peek().kind === 'quoted';
  // LEFT, RIGHT and IF are also functions.
  const called = !quoted && c.peek(1).text === '(' && c.peek(1).kind === 'op';
  const parts = [called ? c.next().raw : c.identifier()];
  while (c.sees('.')) {
    const after = c.peek(1);
    if (after.text === '*' && after.kind === 'op') {
      c.next();
      c.next();
      return star(c, parts);
    }
    if (after.kind !== 'word' && after.kind !== 'quoted') throw c.error();
    c.next();
    parts.push(c.part());
  }
  if (!c.sees('(')) return { kind: 'name', parts };
  if (quoted || parts.length > 1) throw new NotInEngine(`it calls the function ${parts.join('.')}`);
  return call(c, (parts[0] ?? '').toUpperCase());
}

function call(c: Cursor, name: string): Expr {
  c.expect('(');
  const made = plainCall(name, []);
  const unit = c.peek();
  if (
    /^(TIMESTAMPADD|TIMESTAMPDIFF|DATEADD|DATEDIFF|DATE_DIFF|DATE_ADD)$/.test(name) &&
    UNITS.test(unit.text) &&
    unit.kind === 'word'
  ) {
    c.next();
    made.args.push({ kind: 'literal', value: unit.text.replace(/S$/, ''), type: STRING });
    c.expect(',');
  }
  if (c.take('DISTINCT')) made.distinct = true;
  else c.take('ALL');
  if (!c.sees(')')) made.args.push(...c.list(() => argument(c, name)));
  if (c.take('IGNORE', 'NULLS')) throw new NotInEngine('it uses IGNORE NULLS');
  if (c.sees('ORDER')) throw new NotInEngine(`it orders inside ${name}()`);
  c.expect(')');
  if (c.take('WITHIN', 'GROUP', '(')) {
    c.expect('ORDER', 'BY');
    made.within = c.list(() => parseOrder(c));
    c.expect(')');
  }
  if (c.take('FILTER', '(')) {
    c.expect('WHERE');
    made.filter = parseExpression(c);
    c.expect(')');
  }
  if (c.take('OVER'))
    made.over = c.take('(') ? parseWindow(c) : { name: c.identifier(), partition: [], order: [], frame: '' };
  return made;
}

function argument(c: Cursor, name: string): Expr {
  if (c.peek().kind === 'word' && c.peek(1).text === '->') throw new NotInEngine('it has a function of its own');
  if (c.peek().kind === 'word' && c.peek(1).text === '=>') throw new NotInEngine('it names arguments');
  const value = parseExpression(c);
  // SUBSTRING(a FROM 2 FOR 3), TRIM(BOTH …) and POSITION(a IN b) have commas in the other form.
  if (c.sees('FROM') || c.sees('FOR')) throw new NotInEngine(`it writes ${name}() with words between the arguments`);
  return value;
}

/** The inside of `OVER (…)`. The bracket is open. */
export function parseWindow(c: Cursor): Window {
  const window: Window = { name: null, partition: [], order: [], frame: '' };
  if (c.take('PARTITION', 'BY')) window.partition = c.list(() => parseExpression(c));
  if (c.take('ORDER', 'BY')) window.order = c.list(() => parseOrder(c));
  if (c.sees('ROWS') || c.sees('RANGE')) {
    const words: string[] = [];
    while (!c.sees(')')) {
      const token = c.next();
      if (!/^(ROWS|RANGE|BETWEEN|AND|UNBOUNDED|PRECEDING|FOLLOWING|CURRENT|ROW|\d+)$/.test(token.text)) {
        throw new NotInEngine('its window has a frame of this form');
      }
      words.push(token.text);
    }
    window.frame = words.join(' ');
  }
  c.expect(')');
  return window;
}

/** One item of ORDER BY. */
export function parseOrder(c: Cursor): Order {
  const expr = parseExpression(c);
  const descending = c.take('DESC');
  if (!descending) c.take('ASC');
  let nulls: Order['nulls'] = null;
  if (c.take('NULLS')) nulls = c.take('FIRST') ? 'FIRST' : 'LAST';
  if (nulls === 'LAST' && c.peek(-1).text !== 'LAST') c.expect('LAST');
  return { expr, descending, nulls };
}
