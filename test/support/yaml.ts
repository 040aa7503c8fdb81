/**
 * A reader of the block YAML that bundles use, written from the YAML 1.2 rules for block collections and double-quoted scalars, and strict: plain
 * scalars that YAML 1.1 would read as something else, and control characters that a YAML file may not hold, are errors.
 */

interface Line {
  indent: number;
  text: string;
}

/** Reads one document. Throws for everything outside of the subset. */
export function readYaml(text: string): unknown {
  // Every line break that YAML 1.1 knows ends a line.
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/.test(text))
    throw new Error('a character that YAML does not take as it is');
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
    .map((line): Line => ({ indent: line.length - line.trimStart().length, text: line.trim() }));
  const [value, end] = block(lines, 0, lines[0]?.indent ?? 0);
  if (end !== lines.length) throw new Error(`line ${end + 1} belongs nowhere`);
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
      // What follows the dash stands as if it began its own line two columns further right.
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
    if (quoted === undefined && plain === undefined) throw new Error(`no entry: ${line.text}`);
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

/** YAML 1.1, which many readers still speak, takes these for booleans and nulls, as keys too. */
function plainKey(text: string): string {
  if (/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)) throw new Error(`the key ${text} must be quoted`);
  return text;
}

/** Double-quoted text, a number, `true`, `false`, `null`, `[]` or `{}`: all others are not in the subset. */
function scalar(text: string): unknown {
  if (
    /^("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"|-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null|\[\]|\{\})$/.test(
      text,
    )
  )
    return JSON.parse(text);
  throw new Error(`no scalar: ${text}`);
}
