/** Messages that contain a whole stack trace: those of model servers that print what they raised. Pure. */

const PYTHON = 'Traceback (most recent call last):';
/** A frame of Java or JavaScript. */
const FRAME = /\n[ \t]+at (?:[^\n(]{1,200}\([^\n)]{1,200}(?::\d+|Method|Source)\)|\S{1,200}:\d+:\d+)/;

export interface TraceInText {
  /** The message without the frames: what came before them, and the exception. */
  words: string;
  trace: string;
}

/** Takes the trace out of a message. Undefined when it has none. */
export function traceInText(text: string): TraceInText | undefined {
  const start = text.indexOf(PYTHON);
  if (start >= 0) return fromPython(text.slice(0, start).trim(), text.slice(start));
  const frame = FRAME.exec(text);
  if (!frame) return undefined;
  const causes = [...text.matchAll(/^Caused by: (.{1,500})$/gm)];
  const words = [text.slice(0, frame.index).trim(), causes.at(-1)?.[0].trim() ?? ''];
  return { words: words.filter((each) => each !== '').join('\n'), trace: text };
}

/** The exception begins at the first line without indentation after the last frame. */
function fromPython(before: string, trace: string): TraceInText {
  const lines = trace.split(/\r?\n/);
  const last = lines.findLastIndex((line) => /^\s+File "/.test(line));
  const from = lines.findIndex((line, at) => at > last && /^\S/.test(line) && !line.startsWith(PYTHON));
  const exception = from < 0 ? '' : lines.slice(from).join('\n').trim();
  return { words: [before, exception].filter((each) => each !== '').join('\n') || trace, trace };
}
