/** Reads a traceback of Python, or a stack of Java or JavaScript: the exception, and the last line of code that is no library. Pure. */
import { clip } from './sanitize.ts';

export interface Traceback {
  /** The last exception, with its message. */
  exception: string;
  /** Where the model's own code was: file, line, function and code. */
  at?: string;
}

const MAX_EXCEPTION = 600;
const MAX_PLACE = 300;

/** Frames of Python itself, of installed packages, and of the program that serves the model. */
const LIBRARY =
  /(?:site|dist)-packages|[\\/]lib[\\/]python\d|^<frozen |[\\/](?:runpy|importlib|asyncio|concurrent|threading)\b|mlflowserving/;

/** Whether the file of a frame belongs to Python, to a package or to the server, and not to the model. */
export function isLibrary(file: string): boolean {
  return LIBRARY.test(file);
}

/** A frame of Java or JavaScript, and those of libraries. */
const AT = /^\s+at (.+)$/;
const AT_LIBRARY =
  /^(?:java|javax|jdk|sun|scala|kotlin|org\.springframework|org\.apache)\.|node_modules|\(node:|^node:/;

/** The first line and the last cause of a stack of Java or JavaScript. */
function readStack(lines: string[]): Traceback | undefined {
  const first = lines.findIndex((line) => AT.test(line));
  if (first < 0) return undefined;
  const start = lines.findLastIndex((line, at) => at >= first && /^Caused by: /.test(line));
  const own = lines.slice(Math.max(first, start)).flatMap((line) => AT.exec(line)?.[1] ?? []);
  const place = own.find((each) => !AT_LIBRARY.test(each));
  const exception = (start < 0 ? lines.slice(0, first).join('\n') : (lines[start] ?? '')).trim();
  if (exception === '') return undefined;
  return {
    exception: clip(exception, MAX_EXCEPTION),
    ...(place === undefined ? {} : { at: clip(place.trim(), MAX_PLACE) }),
  };
}

/** @param text as a model server sends it. Undefined when it is empty. */
export function readTraceback(text: string): Traceback | undefined {
  // Groups of exceptions have a margin of bars.
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^[ |+]*\| ?/, ''));
  const frames = lines.flatMap((line, at) => {
    const [, file = '', number, name] = /^\s*File "([^"]*)", line (\d+)(?:, in (.*))?/.exec(line) ?? [];
    return number === undefined ? [] : [{ at, file, number, name }];
  });
  const stack = frames.length === 0 ? readStack(lines) : undefined;
  if (stack) return stack;
  const own = frames.findLast(({ file }) => !isLibrary(file));
  const exception = lastException(lines, (frames.at(-1)?.at ?? -1) + 1);
  if (exception === '') return undefined;
  if (own === undefined) return { exception };
  const code = lines[own.at + 1]?.trim();
  const where = `${own.file}, line ${own.number}${own.name === undefined ? '' : `, in ${own.name.trim()}`}`;
  return { exception, at: clip(code ? `${where}: ${code}` : where, MAX_PLACE) };
}

/** The exception begins at the first line without indentation after the last frame. Its message may have several lines. */
function lastException(lines: string[], from: number): string {
  const after = lines.slice(from).findIndex((line) => /^\S/.test(line));
  const words = after >= 0 ? lines.slice(from + after) : lines.filter((line) => line.trim() !== '').slice(-1);
  return clip(words.join('\n').trim(), MAX_EXCEPTION);
}
