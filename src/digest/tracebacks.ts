/** Finds Python tracebacks in the lines of a log, and the line of each that says what happened. Pure. */
import { isLibrary } from '../text/traceback.ts';
import type { LogPart } from './log-parts.ts';

export interface Traceback {
  /** Its lines, by index: from the head to the exception. */
  lines: number[];
  /** The line of the exception. */
  exception: number;
  /** The last frame in code that belongs to the model, by index. Undefined when all frames are in libraries. */
  ownFrame: number | undefined;
  /** It follows another one as its cause or its context. */
  chained: boolean;
  /** The program logged it as a warning. */
  warned: boolean;
  /** Python or its logging printed it and went on. */
  ignored: boolean;
}

const HEAD = /Traceback \(most recent call last\):/;
const FRAME = /^[\s|+]*File "([^"]*)", line \d+/;
const CHAIN =
  /The above exception was the direct cause of the following exception|During handling of the above exception, another exception occurred/;
const IGNORED = /^Exception ignored in|^--- Logging error ---/;
const indent = (text: string) => /^[\s|+]*/.exec(text)?.[0].length ?? 0;

/** @param stream the lines of one source, in order. @param parts all lines of the log. */
export function tracebacksOf(stream: readonly number[], parts: readonly LogPart[]): Traceback[] {
  const found: Traceback[] = [];
  const bare = (at: number) => parts[stream[at] ?? -1]?.bare ?? '';
  let chained = false;
  let at = 0;
  while (at < stream.length) {
    const text = bare(at);
    if (CHAIN.test(text)) chained = true;
    // The tail of a log can begin in the middle of a traceback.
    const starts = HEAD.test(text) || (at === 0 && FRAME.test(text));
    if (!starts) {
      at++;
      continue;
    }
    const end = exceptionAfter(at, stream.length, bare);
    if (end === undefined) {
      at++;
      continue;
    }
    const lines = stream.slice(at, end + 1);
    const frames = lines.filter((line) => FRAME.test(parts[line]?.bare ?? ''));
    const own = frames.findLast((line) => {
      const file = FRAME.exec(parts[line]?.bare ?? '')?.[1] ?? '';
      // `<string>` is code that an installer runs.
      return !file.startsWith('<') && !isLibrary(file);
    });
    const before = parts[stream[at - 1] ?? -1];
    const level = parts[stream[at] ?? -1]?.level ?? before?.level;
    found.push({
      lines,
      exception: stream[end] ?? 0,
      ownFrame: own,
      chained: chained && found.length > 0,
      warned: level === 'warning',
      ignored: IGNORED.test(before?.bare ?? ''),
    });
    chained = false;
    at = end + 1;
  }
  return found;
}

/** The first line that is indented no deeper than the head and is neither a frame nor code. */
function exceptionAfter(head: number, length: number, bare: (at: number) => string): number | undefined {
  const start = bare(head);
  const depth = HEAD.test(start) ? indent(start) : Math.max(0, indent(start) - 2);
  for (let at = head + 1; at < length; at++) {
    const text = bare(at);
    if (HEAD.test(text)) return undefined;
    if (FRAME.test(text) || indent(text) > depth) continue;
    // A frame whose indentation was lost has its code on the next line.
    return at;
  }
  return undefined;
}
