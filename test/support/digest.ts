import { createHash } from 'node:crypto';

/** Stands for a long text in a comparison: a failure of the test prints a line, and not the text. */
export function digest(text: string): string {
  return `${text.length} characters, ${createHash('sha256').update(text).digest('hex')}`;
}
