import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnose/diagnose.ts';
import { evidenceOf, type Scene } from './traffic-evidence.ts';

const findings = (scene: Scene) => diagnose(evidenceOf(scene)).findings;
const codes = (scene: Scene) => findings(scene).map(({ code }) => code);

const ODD = 'HTTP 400 {"error_code":"BAD_REQUEST","message":"Something odd happened to the flux."}';
const TOKEN = '{"error_code":"403","message":"Invalid access token."}';

describe('an answer that no other rule explains', () => {
  it('is unknown if no words are known, with what would settle it', () => {
    expect(findings({ answer: ODD })).toMatchObject([
      { code: 'unknown_answer', severity: 'minor', remedy: { call: { tool: 'get_logs' }, writes: false } },
    ]);
    expect(findings({ answer: ODD, external: 'custom' })).toMatchObject([
      { code: 'unknown_answer', remedy: { person: 'caller' } },
    ]);
  });

  it('has the cause that its words name, and does not explain the failures of others', () => {
    expect(codes({ answer: TOKEN, status: 403 })).toEqual(['token_invalid']);
    const failing = { requests: 200, e5xx: 80 };
    expect(codes({ answer: TOKEN, status: 403, entities: [{ name: 'churn-3', minute: failing }] })).toEqual([
      'errors_5xx',
      'token_invalid',
    ]);
  });

  it.each(['', 'HTTP 200 {"predictions": [1]}'])('is none if it is no failure: %j', (answer) => {
    expect(codes({ answer })).toEqual([]);
  });
});
