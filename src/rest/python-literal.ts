/** Python's way to print data, in which agents and drivers quote the refusals that they got (fact H12). */

/** Deeper nesting is no refusal. */
const MAX_DEPTH = 20;

/** The value of a Python literal at the start of a text, or undefined. Reads dicts, lists, tuples, strings, numbers, `None`, `True` and `False`. */
export function pythonLiteral(text: string): unknown {
  try {
    return new Reader(text).value(0);
  } catch (error) {
    if (error instanceof NotALiteral) return undefined;
    throw error;
  }
}

class NotALiteral extends Error {}

const CLOSING: Record<string, string> = { '{': '}', '[': ']', '(': ')' };
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new NotALiteral();
    this.#skip(/\s*/y);
    const first = this.#text[this.#at] ?? '';
    if (first === '{') return this.#dict(depth);
    if (first === '[' || first === '(') return this.#list(first, depth);
    const quote = this.#skip(/[bru]?(?=["'])/iy) === undefined ? '' : (this.#text[this.#at] ?? '');
    if (quote === '"' || quote === "'") return this.#string(quote);
    const word = this.#skip(/[\w.+-]+/y);
    if (word === undefined) throw new NotALiteral();
    return constantOf(word);
  }

  #dict(depth: number): Record<string, unknown> {
    const pairs: [string, unknown][] = [];
    this.#items('{', () => {
      const key = this.value(depth + 1);
      if (this.#skip(/\s*:/y) === undefined) throw new NotALiteral();
      pairs.push([String(key), this.value(depth + 1)]);
    });
    return Object.fromEntries(pairs);
  }

  #list(open: string, depth: number): unknown[] {
    const values: unknown[] = [];
    this.#items(open, () => values.push(this.value(depth + 1)));
    return values;
  }

  #items(open: string, read: () => void): void {
    this.#at++;
    for (;;) {
      this.#skip(/[\s,]*/y);
      if (this.#text[this.#at] === CLOSING[open]) break;
      read();
    }
    this.#at++;
  }

  #string(quote: string): string {
    let read = '';
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at] ?? '';
      if (char === quote) {
        this.#at++;
        return read;
      }
      if (char !== '\\') read += char;
      else {
        const escaped = this.#text[++this.#at] ?? '';
        read += ESCAPES[escaped] ?? escaped;
      }
    }
    throw new NotALiteral();
  }

  #skip(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

function constantOf(word: string): unknown {
  if (word === 'None' || word === 'null') return null;
  if (word === 'True' || word === 'true') return true;
  if (word === 'False' || word === 'false') return false;
  const number = Number(word);
  if (Number.isNaN(number)) throw new NotALiteral();
  return number;
}
