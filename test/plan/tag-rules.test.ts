import { describe, expect, it } from 'vitest';
import { problemsOfTagKeys } from '../../src/plan/tag-rules.ts';

describe('the key of a tag', () => {
  it.each(['.', ',', '=', '/', ':'])('may not contain %j', (sign) => {
    expect(problemsOfTagKeys({ [`cost${sign}center`]: 'x' })).toEqual([expect.stringContaining('none of . , = / :')]);
  });

  it.each(['', 'x'.repeat(256)])('has 1 to 255 characters (%#)', (key) => {
    expect(problemsOfTagKeys({ [key]: 'x' })).toHaveLength(1);
  });

  it.each(['team', 'cost center', 'größe', 'a_b-c', '💡', 'x'.repeat(255)])('may be %s', (key) => {
    expect(problemsOfTagKeys({ [key]: 'x' })).toEqual([]);
  });

  it('that is removed may be older than the rule', () => {
    expect(problemsOfTagKeys({ 'a.b': null })).toEqual([]);
  });

  it('is cut in the message', () => {
    expect(problemsOfTagKeys({ [`${'k'.repeat(400)}:`]: 'x' })[0]?.length).toBeLessThan(160);
  });
});
