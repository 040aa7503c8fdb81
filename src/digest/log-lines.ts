/** Cleans log lines. Pure. */
import { redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';
import { KEY_BEGIN, KEY_END } from '../text/secret-forms.ts';

/** Characters per line. Stack traces and data dumps have longer lines. */
const MAX_LINE = 400;
/** Characters of a line in which a search may find something. */
export const SEARCHED = 6_000;
/** Lines of the longest private keys. A longer block is not a key. */
const MAX_KEY = 250;

/** Characters of a log that are read. A longer one takes seconds to clean, and its end matters most. */
const MAX_LOG = 4 * 1024 * 1024;

/** The last whole lines of a raw log, and how many characters before them are not read. */
export function lastLines(raw: string): { text: string; skipped: number } {
  if (raw.length <= MAX_LOG) return { text: raw, skipped: 0 };
  const start = raw.indexOf('\n', raw.length - MAX_LOG) + 1;
  const text = start === 0 ? raw.slice(-MAX_LOG) : raw.slice(start);
  return { text, skipped: raw.length - text.length };
}

/** Nothing, or nothing behind the name of a build step or of a replica. */
const EMPTY = /^\s*(?:#\d+(?: \d+\.\d+)?|\[(?=[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]{5,10}\])?\s*$/;

/**
 * Clean lines of a raw log, without escape sequences. Progress bars keep their last state, and repeated lines are folded.
 * @param most characters per line. What explains a failure may be far behind the start of a line.
 */
export function logLines(raw: string, most = MAX_LINE): string[] {
  const folded: { text: string; times: number }[] = [];
  for (const line of withoutKeys(raw.split(/\r?\n/).flatMap(asSeen))) {
    const text = redact(line).trimEnd();
    if (EMPTY.test(text)) continue;
    const last = folded.at(-1);
    if (last?.text === text) last.times++;
    else folded.push({ text, times: 1 });
  }
  return folded.map(({ text, times }) => {
    const cut = cutAt(text, most);
    return times > 1 ? `${cut} [${times} times]` : cut;
  });
}

function cutAt(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}… (${text.length - most} more characters)` : text;
}

/** A line as an answer shows it. @param from the first character that must be visible. */
export function shortLine(line: string, from = 0): string {
  if (line.length <= MAX_LINE) return line;
  const times = / \[\d+ times\]$/.exec(line)?.[0] ?? '';
  const text = line.slice(0, line.length - times.length);
  if (from < MAX_LINE - 100) return cutAt(text, MAX_LINE) + times;
  const start = Math.max(0, Math.min(from - 100, text.length - MAX_LINE));
  return `(${start} characters) …${cutAt(text.slice(start), MAX_LINE)}${times}`;
}

/** Words of a line that a progress bar must not hide. */
const SAYS_FAILURE = /\b(?:\w*error|\w*exception|fatal|failed|traceback|killed)\b/i;

/**
 * A line without escapes. A progress bar rewrites its line with carriage returns, so its last piece is the visible one. An error that it
 * overwrote becomes a line of its own.
 */
function asSeen(line: string): string[] {
  const whole = stripControls(line);
  if (!line.includes('\r') || KEY_BEGIN.test(whole) || KEY_END.test(whole)) return [whole];
  const pieces = line.split('\r').map(stripControls);
  // A spinner overwrites the start of a line only.
  const more = pieces.findLastIndex((piece) => /[^\s|/\\-]/.test(piece));
  const last = more >= 0 ? more : pieces.findLastIndex((piece) => piece.trim() !== '');
  return pieces.filter((piece, at) => at === last || (at < last && SAYS_FAILURE.test(piece)));
}

/**
 * Removes private keys, from their first line to their last. Redaction works line by line and cannot see the lines between. If the log
 * shows only one end of a key, the adjacent lines that look like key material are removed.
 */
function withoutKeys(lines: string[]): string[] {
  const ends = lines.map((line) => KEY_END.test(line));
  const inside = new Set<number>();
  let at = 0;
  while (at < lines.length) {
    const [before, ...after] = (lines[at] ?? '').split(KEY_BEGIN);
    if (ends[at] && !inside.has(at) && (after.length === 0 || KEY_END.test(before ?? ''))) {
      // A short last line and a checksum can precede the end of a key.
      const near = (line: number) => !inside.has(line) && [0, 1, 2].some((up) => inKey(lines[line - up]));
      for (let line = at - 1; at - line <= MAX_KEY && near(line); line--) inside.add(line);
    }
    const open = after.length > 0 && !KEY_END.test(after.at(-1) ?? '');
    at++;
    if (!open) continue;
    const length = ends.slice(at, at + MAX_KEY).indexOf(true);
    const last = at + length;
    while (at < lines.length && (length < 0 ? inKey(lines[at]) : at < last)) inside.add(at++);
    if (length >= 0) inside.add(at);
  }
  // Text after the end of a key is not part of it.
  return lines.map((line, index) => (inside.has(index) ? line.split(KEY_END).slice(1).join('') : line));
}

/** Whether a line ends with base64 or is a header of a key. Prefixes such as timestamps are ignored. */
function inKey(line: string | undefined): boolean {
  return (
    line !== undefined &&
    /(?:^|[\s\]])(?:[\w+/]{16,}={0,2}|(?:Proc-Type|DEK-Info|Version|Comment): .*)$/.test(line.trimEnd())
  );
}
