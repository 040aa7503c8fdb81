/** The tag of a rollout: people read it, and other machines continue by it. */
import { describe, expect, it } from 'vitest';
import { ROLLOUT_TAG } from '../../src/plan/rollout-tag.ts';
import { type TaggedRollout, taggedRollout, tagValue } from '../../src/rollout/tag.ts';

const TAGGED: TaggedRollout = {
  id: 'r0123456789ab',
  version: '3',
  steps: [5, 25, 50, 100],
  step: 1,
  held: false,
  by: 'engineer@example.com',
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
  ])('says the same when it is read: %s', (_what, tagged) => {
    expect(taggedRollout(tags(tagValue(tagged)))).toEqual(tagged);
  });

  it('has no characters of a name that could look like more', () => {
    const value = tagValue({ ...TAGGED, by: 'a b\nheld version 9' });
    expect(value).not.toMatch(/\n/);
    expect(taggedRollout(tags(value))).toMatchObject({ version: '3', by: 'a_b_held_version_9' });
  });

  it.each(['', 'soon', 'r1 running version x step 1 of 5 by me', `${tagValue(TAGGED)}`.replace('step 2', 'step 9')])(
    'is unreadable where it says something else: %j',
    (value) => expect(taggedRollout(tags(value))).toBe('unreadable'),
  );

  it('is absent without a rollout', () => {
    expect(taggedRollout([{ key: 'team', value: 'ml' }])).toBeUndefined();
    expect(taggedRollout(undefined)).toBeUndefined();
  });
});
