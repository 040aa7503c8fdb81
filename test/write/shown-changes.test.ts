/** A consent, or the fingerprint of a preview, covers the change that was shown and no more. */
import { describe, expect, it } from 'vitest';
import type { PlannedWrite } from '../../src/write/planned-write.ts';
import { covers } from '../../src/write/shown-changes.ts';

const SHOWN: PlannedWrite = {
  subject: { kind: 'endpoint', name: 'churn' },
  before: undefined,
  changes: [{ field: 'endpoint', from: 'churn' }],
  steps: [],
  consentReason: 'This deletes endpoint churn.',
  consentDetails: { requests_last_minute: 0 },
  alsoRead: [{ principal: 'analysts' }],
  undo: [],
};

describe('the consent to a change covers', () => {
  it.each<[string, boolean, Partial<PlannedWrite>]>([
    ['the same change', true, {}],
    ['the same without any loss', true, { consentReason: undefined, consentDetails: undefined }],
    ['another loss', false, { consentReason: 'This deletes endpoint churn, and the last manager.' }],
    ['another change', false, { changes: [{ field: 'endpoint', from: 'other' }] }],
    ['other grants', false, { alsoRead: [] }],
    ['an endpoint that is used', false, { consentDetails: { requests_last_minute: 1 } }],
    ['an endpoint whose use is unknown', true, { consentDetails: {} }],
  ])('%s: %s', (_what, covered, now) => {
    expect(covers(SHOWN, { ...SHOWN, ...now })).toBe(covered);
  });
});
