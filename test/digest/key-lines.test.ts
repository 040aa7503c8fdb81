import { describe, expect, it } from 'vitest';
import { explain } from '../../src/digest/key-lines.ts';
import { logLines } from '../../src/digest/log-lines.ts';
import { FAILING, HEALTHY, UNSEEN } from './log-corpus.ts';

/** Lines in an answer about a failure. */
const LIMIT = 8;

function explained(text: string, log: 'build' | 'service', limit = LIMIT) {
  const lines = logLines(text);
  const { lines: chosen, cause } = explain(lines, limit, log);
  return { lines: chosen.map((at) => lines[at] ?? ''), cause: cause?.id };
}

describe('a failure shows its line and, where it is known, its cause', () => {
  it.each([...FAILING, ...UNSEEN].map((each) => [each.what, each] as const))(
    '%s',
    (_what, { log, text, line, cause }) => {
      const found = explained(text, log);
      expect(found.lines.join('\n')).toContain(line);
      expect(found.cause).toBe(cause);
    },
  );
});

describe('a log without a failure has no key lines', () => {
  it.each(HEALTHY.map((each) => [each.what, each] as const))('%s', (_what, { log, text }) => {
    expect(explained(text, log)).toEqual({ lines: [], cause: undefined });
  });
});
