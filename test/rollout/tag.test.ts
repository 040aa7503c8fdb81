/** The tag of a rollout: people read it, and other machines continue by it. */
import { describe, expect, it } from 'vitest';
import { ROLLOUT_TAG } from '../../src/plan/rollout-tag.ts';
import { endedValue, type TaggedRollout, taggedEnd, taggedRollout, tagValue } from '../../src/rollout/tag.ts';

const TAGGED: TaggedRollout = {
  id: 'r0123456789ab',
  version: '3',
  steps: [5, 25, 50, 100],
  step: 1,
  held: false,
  by: 'engineer@example.com',
};
const HANDOVER = {
  requests: 34_567,
  errors_5xx: 12,
  errors_4xx: 3,
  slow: { bound: 250, requests: 30_000, bad: 120 },
};
const tags = (value: string) => [
  { key: 'team', value: 'ml' },
  { key: ROLLOUT_TAG, value },
];

describe('the tag of a rollout', () => {
  it('is a sentence that a person can read', () => {
    expect(tagValue(TAGGED)).toBe('r0123456789ab running version 3 step 2 of 5-25-50-100 by engineer@example.com');
  });

  it.each([
    ['running', TAGGED],
    ['held', { ...TAGGED, held: true }],
    ['before its first step', { ...TAGGED, step: -1 }],
    ['of one step', { ...TAGGED, steps: [100], step: 0 }],
    ['with counts of the old version', { ...TAGGED, handover: HANDOVER }],
  ])('says the same when it is read: %s', (_what, tagged) => {
    expect(taggedRollout(tags(tagValue(tagged)))).toEqual(tagged);
  });

  it('has no characters of a name that could look like more', () => {
    const value = tagValue({ ...TAGGED, by: 'a b\nheld version 9' });
    expect(value).not.toMatch(/\n/);
    expect(taggedRollout(tags(value))).toMatchObject({ version: '3', by: 'a_b_held_version_9' });
  });

  it.each([
    '',
    'soon',
    'r1 running version x step 1 of 5 by me',
    `${tagValue(TAGGED)}`.replace('step 2', 'step 9'),
    `${tagValue(TAGGED)} old version 10 requests 11 5xx`,
    `${tagValue(TAGGED)} and more`,
    'r1 rolled back version 3 on Monday by me',
  ])('is unreadable where it says something else: %j', (value) =>
    expect(taggedRollout(tags(value))).toBe('unreadable'),
  );

  it('tells the counts of the old version in words too', () => {
    expect(tagValue({ ...TAGGED, handover: HANDOVER })).toBe(
      `${tagValue(TAGGED)} old version 34567 requests 12 5xx 3 4xx 120 of 30000 above 250 ms`,
    );
  });

  it('keeps to 255 characters, and shortens the name alone', () => {
    const most = 999_999_999_999;
    const long: TaggedRollout = {
      ...TAGGED,
      version: '9'.repeat(18),
      steps: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
      by: 'x'.repeat(200),
      handover: {
        requests: most,
        errors_5xx: most,
        errors_4xx: 0,
        slow: { bound: 9_999_999.1234, requests: most, bad: most },
      },
    };
    const value = tagValue(long);
    expect(value.length).toBeLessThanOrEqual(255);
    expect(taggedRollout(tags(value))).toEqual({ ...long, by: expect.stringMatching(/^x+$/) });
  });

  it('says after a rollback which version went back, and that no rollout runs', () => {
    const end = { id: 'r1', version: '3', on: '2026-01-31', by: 'engineer@example.com' };
    const value = endedValue(end);
    expect(value).toBe('r1 rolled back version 3 on 2026-01-31 by engineer@example.com');
    expect(taggedEnd(tags(value))).toEqual(end);
    expect(taggedRollout(tags(value))).toBeUndefined();
    expect(taggedEnd(tags(tagValue(TAGGED)))).toBeUndefined();
    expect(taggedEnd(undefined)).toBeUndefined();
  });

  it('is absent without a rollout', () => {
    expect(taggedRollout([{ key: 'team', value: 'ml' }])).toBeUndefined();
    expect(taggedRollout(undefined)).toBeUndefined();
  });
});
