export type IniSections = Map<string, Map<string, string>>;

/** A line that is neither a section, a comment nor `key = value`. Has its number but not its text, which may be secret. */
export class IniSyntaxError extends Error {
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} is neither a [section], a comment nor "key = value"`);
    this.name = 'IniSyntaxError';
    this.line = line;
  }
}

/**
 * Parses the dialect of `.databrickscfg` (fact I3). `#` and `;` begin comment lines. Inside a value only a `#` after
 * white space begins a comment, because tokens may contain one. Section names are taken whole, dots included, and
 * nothing is inherited. A byte order mark and CRLF are accepted. Keys become lower case, repeated sections merge, and
 * keys before any section belong to DEFAULT. Throws IniSyntaxError.
 */
export function parseIni(text: string): IniSections {
  const sections: IniSections = new Map();
  let current = 'DEFAULT';
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const header = /^\[([^\]]+)\]\s*(?:[#;].*)?$/.exec(line)?.[1];
    if (header !== undefined) {
      current = header.trim();
      sectionOf(sections, current);
      continue;
    }
    const pair = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line);
    const [, key, value] = pair ?? [];
    if (key === undefined || value === undefined) throw new IniSyntaxError(index + 1);
    sectionOf(sections, current).set(key.toLowerCase(), valueIn(value));
  }
  return sections;
}

function sectionOf(sections: IniSections, name: string): Map<string, string> {
  const known = sections.get(name);
  if (known !== undefined) return known;
  const fresh = new Map<string, string>();
  sections.set(name, fresh);
  return fresh;
}

function valueIn(raw: string): string {
  const quoted = /^(["'])(.*)\1\s*(?:\s#.*)?$/.exec(raw)?.[2];
  if (quoted !== undefined) return quoted;
  return raw.replace(/(?:^|\s)#.*$/, '').trim();
}
