/** A configuration file that cannot be read or edited. */

/** `line` and `column` count from 1, as editors do. `message` contains no text of the file except the names of keys. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(message: string, at: { line: number; column: number } | undefined = undefined) {
    super(message);
    this.line = at?.line;
    this.column = at?.column;
  }
}

/** Line and column of an offset, counted from 1. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lines = before.split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
