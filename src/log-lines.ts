/** Logs as an agent can use them: clean lines, the few that explain a failure, and a tail that says what it left out. Pure. */
import { mask, strip } from './untrusted.ts';

/** A single line is cut here; stack traces and data dumps run longer. */
const MAX_LINE = 400;

/** Clean lines of a raw log: no escape sequences, progress bars reduced to their last state, repeats folded. */
export function logLines(raw: string): string[] {
  const folded: { text: string; times: number }[] = [];
  for (const line of raw.split(/\r?\n/)) {
    // A progress bar rewrites its line with carriage returns; what a person saw last is the last piece.
    const text = mask(strip(line.split('\r').findLast((piece) => piece.trim() !== '') ?? '')).trimEnd();
    if (text.trim() === '') continue;
    const last = folded.at(-1);
    if (last?.text === text) last.times++;
    else folded.push({ text, times: 1 });
  }
  return folded.map(({ text, times }) => {
    const cut =
      text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}… (${text.length - MAX_LINE} more characters)` : text;
    return times > 1 ? `${cut} [${times} times]` : cut;
  });
}

/** What explains a failed build or start (API contract, section 14.9), the most telling first. */
const CAUSES: RegExp[] = [
  /No module named|ModuleNotFoundError|ImportError/i,
  /ResolutionImpossible|conflicting dependencies|No matching distribution|Could not find a version/i,
  /No space left on device/i,
  /CUDA out of memory|Out of memory|OOMKilled|MemoryError|\bKilled\b/i,
  /An error occurred while loading the model/i,
  /PERMISSION_DENIED|does not have permission|AccessDenied/i,
  /timed out|timeout/i,
  /\b[A-Z][A-Za-z]+(?:Error|Exception)\b/,
  /\b(?:ERROR|FATAL|CRITICAL)\b|\berror:/,
];

/** The lines that most likely explain a failure, at most `limit`, in the order of the log. */
export function tellingLines(lines: string[], limit: number): string[] {
  const chosen = new Set<number>();
  for (const cause of CAUSES) {
    lines.forEach((line, index) => {
      if (chosen.size < limit && cause.test(line)) chosen.add(index);
    });
  }
  return [...chosen].sort((a, b) => a - b).flatMap((index) => lines[index] ?? []);
}
