import { describe, expect, it } from 'vitest';
import { inTodaysWords } from '../../../tools/shared/old-undo.ts';

describe('an undo call of version 0.1.0, where null removed, names the removal today', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['set_alias', { model: 'm', alias: 'a', version: null }, { model: 'm', alias: 'a', remove: true }],
    ['set_alias', { model: 'm', alias: 'a', version: '1' }, { model: 'm', alias: 'a', version: '1' }],
    ['update_ai_gateway', { endpoint: 'e', fallback: null }, { endpoint: 'e', remove: ['fallback'] }],
    [
      'update_ai_gateway',
      { endpoint: 'e', guardrails: { input: { pii: null, safety: true }, output: null } },
      { endpoint: 'e', guardrails: { input: { safety: true } }, remove: ['guardrails.input.pii', 'guardrails.output'] },
    ],
    [
      'update_endpoint',
      { endpoint: 'e', tags: { 'a.b': null, c: '' }, environment_vars: { A: null } },
      { endpoint: 'e', tags: { c: '' }, remove_tags: ['a.b'], remove_environment_vars: ['A'] },
    ],
    ['update_endpoint', { endpoint: 'e', environment_vars: {} }, { endpoint: 'e', environment_vars: {} }],
    ['swap_version', { endpoint: 'e', version: '1' }, { endpoint: 'e', version: '1' }],
  ])('%s %j', (tool, args, today) => {
    expect(inTodaysWords({ tool, args })).toEqual({ tool, args: today });
    expect(inTodaysWords({ tool, args: today })).toEqual({ tool, args: today });
  });
});
