import { describe, expect, it } from 'vitest';
import { laterChanges } from '../../src/plan/inverse.ts';
import { REDACTED } from '../../src/text/redact.ts';

const entity = (environment_vars: Record<string, string>) => ({ entity_version: '1', environment_vars });

describe('a recorded value that is redacted is unknown, so it shows no later change', () => {
  const made = [{ field: 'served_entities.churn-1', from: entity({ DB_PASSWORD: REDACTED, MODE: 'a' }) }];

  it.each([
    ['another value of it', entity({ DB_PASSWORD: '{{secrets/ml/token}}', MODE: 'a' }), 0],
    ['without it', entity({ MODE: 'a' }), 0],
    ['another value of a known variable', entity({ DB_PASSWORD: REDACTED, MODE: 'b' }), 1],
    ['one variable more', entity({ DB_PASSWORD: REDACTED, MODE: 'a', NEW: 'x' }), 1],
    ['no variables', { entity_version: '1' }, 1],
    ['another version', { ...entity({ MODE: 'a' }), entity_version: '2' }, 1],
  ])('%s', (_what, to, count) => {
    expect(laterChanges(made, [{ field: 'served_entities.churn-1', to }])).toHaveLength(count);
  });

  it('but a present value that differs from the one set is a later change', () => {
    const set = [{ field: 'x', from: 'a', to: REDACTED }];
    expect(laterChanges(set, [{ field: 'x', from: 'someone else', to: 'a' }])).toHaveLength(1);
  });
});
