/** The lines of a file in bounded memory, whatever the file contains. */
import { openRegular } from './regular-file.ts';

/** What remains of a line beyond the maximum length. It is no JSON, so it counts as unreadable. */
const TOO_LONG = '(too long)';

/**
 * The lines of a file that are not blank. A missing file has none.
 * @param max.line maximum length of a line in bytes. A longer one becomes a short text that is not JSON.
 * @param max.file maximum number of bytes to read, at the end of the file.
 * @param onSkipped called with the number of bytes before that end.
 */
export async function* fileLines(
  path: string,
  max: { line: number; file: number },
  onSkipped: (bytes: number) => void,
): AsyncGenerator<string> {
  const opened = await openRegular(path, 'read').catch(unlessGone);
  if (!opened) return;
  const { file, found } = opened;
  const start = Math.max(0, found.size - max.file);
  if (start > 0) onSkipped(start);
  const lines = splitLines(file.createReadStream({ start }), max.line);
  // The first line after a start in the middle of the file is rarely whole.
  if (start > 0) await lines.next();
  yield* lines;
}

/** Only line feeds end a line. Node's own `readLines` also splits at Unicode line separators, which JSON does not escape. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, maxLine: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let size = 0;
  const keep = (bytes: Buffer) => {
    size += bytes.length;
    if (size <= maxLine) parts.push(bytes);
    else parts = [];
  };
  const finish = () => {
    const line = size > maxLine ? TOO_LONG : Buffer.concat(parts).toString('utf8').trim();
    parts = [];
    size = 0;
    return line === '' ? [] : [line];
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, at));
      from = at + 1;
      yield* finish();
    }
    keep(chunk.subarray(from));
  }
  yield* finish();
}

/** For a missing file, and for one that another server has renamed in between. */
export function unlessGone(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
