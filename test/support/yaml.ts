/**
 * A strict reader of the block YAML that bundles use: block collections and double-quoted scalars of YAML 1.2. Plain scalars with another meaning
 * in YAML 1.1 are errors, and so are control characters that YAML forbids.
 */

interface Line {
  indent: number;
  text: string;
}

/** Reads one document. @throws Error for everything outside the subset. */
export function readYaml(text: string): unknown {
  // Every line break that YAML 1.1 knows ends a line.
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/.test(text))
    throw new Error('a character that YAML requires to be escaped');
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
    .map((line): Line => ({ indent: line.length - line.trimStart().length, text: line.trim() }));
  const [value, end] = block(lines, 0, lines[0]?.indent ?? 0);
  if (end !== lines.length) throw new Error(`line ${end + 1} does not belong to the document`);
  return value;
}

function block(lines: Line[], at: number, indent: number): [value: unknown, next: number] {
  return lines[at]?.text.startsWith('- ') || lines[at]?.text === '-' ? list(lines, at, indent) : map(lines, at, indent);
}

function list(lines: Line[], from: number, indent: number): [unknown[], number] {
  const items: unknown[] = [];
  let at = from;
  while (lines[at]?.indent === indent && lines[at]?.text.startsWith('-')) {
    const rest = (lines[at]?.text ?? '').slice(2);
    if (isEntry(rest) || rest.startsWith('- ')) {
      // The text after the dash is read as a line of its own, indented by two more columns.
      const inner = [...lines];
      inner[at] = { indent: indent + 2, text: rest };
      const [value, next] = block(inner, at, indent + 2);
      items.push(value);
      at = next;
    } else {
      items.push(scalar(rest));
      at += 1;
    }
  }
  return [items, at];
}

function map(lines: Line[], from: number, indent: number): [Record<string, unknown>, number] {
  const entries: [string, unknown][] = [];
  let at = from;
  for (let line = lines[at]; line?.indent === indent && !line.text.startsWith('- '); line = lines[at]) {
    const [, quoted, plain, rest = ''] = /^(?:("(?:[^"\\]|\\.)*")|([A-Za-z_][\w-]*)):(?: (.*))?$/.exec(line.text) ?? [];
    if (quoted === undefined && plain === undefined) throw new Error(`not an entry: ${line.text}`);
    const key = quoted === undefined ? plainKey(plain ?? '') : String(JSON.parse(quoted));
    if (rest !== '') {
      entries.push([key, scalar(rest)]);
      at += 1;
      continue;
    }
    const child = lines[at + 1];
    if (!child || child.indent <= indent) throw new Error(`${key} has no value`);
    const [value, next] = block(lines, at + 1, child.indent);
    entries.push([key, value]);
    at = next;
  }
  return [Object.fromEntries(entries), at];
}

function isEntry(text: string): boolean {
  return /^(?:"(?:[^"\\]|\\.)*"|[A-Za-z_][\w-]*):(?: |$)/.test(text);
}

/** Many readers still follow YAML 1.1, where these are booleans and nulls, as keys too. */
function plainKey(text: string): string {
  if (/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)) throw new Error(`the key ${text} must be quoted`);
  return text;
}

/** The subset has double-quoted text, numbers, `true`, `false`, `null`, `[]` and `{}`. */
function scalar(text: string): unknown {
  if (
    /^("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"|-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null|\[\]|\{\})$/.test(
      text,
    )
  )
    return JSON.parse(text);
  throw new Error(`not a scalar: ${text}`);
}
