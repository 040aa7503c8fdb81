import { NotInEngine, syntaxError } from './sql-error.ts';

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'param' | 'op' | 'end';

export interface Token {
  kind: TokenKind;
  /** A word in capitals, a name without its quotes, the value of a string, the digits of a number, or an operator. */
  text: string;
  /** As it was written. */
  raw: string;
  line: number;
  /** Column of its first character, from 0. */
  position: number;
  /** Whether it follows the token before it without a space. */
  tight: boolean;
}

const SPACE = /(?:\s+|--[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const QUOTED = /`((?:[^`]|``)*)`/y;
const STRING = /([rR]?)('(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*")/y;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:BD|[LlDdSsYyFf])?(?![A-Za-z0-9_])/y;
const PARAM = /:[A-Za-z_][A-Za-z0-9_]*/y;
const OP = /<=>|::|<>|!=|<=|>=|==|\|\||->|=>|[-+*/%(),.=<>[\]&|^~;:?!{}]/y;

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', '0': '\0', Z: '\u001a' };

function unescaped(body: string, quote: string): string {
  return body.replaceAll(quote + quote, quote).replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_all, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    // A backslash stays before the wildcards of LIKE.
    if (code === '%' || code === '_') return `\\${code}`;
    return ESCAPES[code] ?? code;
  });
}

/** The tokens of a statement, the last of which is `end`. Throws the service's syntax error for a character that begins none. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  const pass = (text: string): void => {
    for (let i = 0; i < text.length; i += 1) {
      if (text[i] === '\n') {
        line += 1;
        lineStart = at + i + 1;
      }
    }
    at += text.length;
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(sql);
  };
  let tight = false;
  while (at < sql.length) {
    const space = match(SPACE);
    if (space !== null) {
      pass(space[0]);
      tight = false;
      continue;
    }
    const place = { line, position: at - lineStart, tight };
    const add = (kind: TokenKind, text: string, raw: string): void => {
      tokens.push({ kind, text, raw, ...place });
      pass(raw);
      tight = true;
    };
    const string = match(STRING);
    if (string !== null) {
      const [raw, prefix, quotes = ''] = string;
      const body = quotes.slice(1, -1);
      add('string', prefix === '' ? unescaped(body, quotes.charAt(0)) : body, raw);
      continue;
    }
    const quoted = match(QUOTED);
    if (quoted !== null) {
      add('quoted', (quoted[1] ?? '').replaceAll('``', '`'), quoted[0]);
      continue;
    }
    const number = match(NUMBER);
    const word = match(WORD);
    const param = match(PARAM);
    const op = match(OP);
    if (number !== null) add('number', number[0].toUpperCase(), number[0]);
    else if (word !== null) add('word', word[0].toUpperCase(), word[0]);
    else if (param !== null) add('param', param[0].slice(1), param[0]);
    else if (op !== null) {
      if (op[0] === '?') throw new NotInEngine('it has unnamed parameters. Use named ones, such as :day');
      add('op', op[0], op[0]);
    } else throw syntaxError(sql.charAt(at), line, at - lineStart);
  }
  tokens.push({ kind: 'end', text: '', raw: '', line, position: at - lineStart, tight: false });
  return tokens;
}
