import { describe, expect, it } from 'vitest';
import { adviceOn } from '../../src/advice/advice.ts';
import { INFO, read } from './refused-calls.ts';
import { UNLISTED_REFUSALS } from './unlisted-refusals.ts';

/** Causes that a status alone gives. They claim nothing else. */
const NEUTRAL = /^(?:status_\w+|platform_error|unknown)$/;

/** Words of advice for a cause. Neutral advice has none of them. */
const CLAIMS =
  /CAN_QUERY|CAN_VIEW|CAN_MANAGE|grant|payload|get_schema|stopped|auth login|token|scope|VPN|list_endpoints|guardrail|provider|quota|name is wrong/i;

describe('a refusal that is not listed gets right or neutral advice, also when it quotes the words of a row', () => {
  it.each(UNLISTED_REFUSALS.map((each, index) => [index, JSON.stringify(each.body).slice(0, 90), each] as const))(
    '%i %s',
    (_index, _body, { status, body, causes, call = 'query', path }) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const { cause, next } = adviceOn(
        read({ status, text }, { call, ...(path === undefined ? {} : { path }) }),
        INFO[call],
      );
      if (causes.length > 0) expect(causes).toContain(cause);
      else {
        expect(cause).toMatch(NEUTRAL);
        expect(next).not.toMatch(CLAIMS);
      }
    },
  );
});
