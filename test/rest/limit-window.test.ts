import { describe, expect, it } from 'vitest';
import { askedPause, windowOf } from '../../src/rest/limit-window.ts';

describe('the wait that words ask for', () => {
  it.each([
    ['Please try again in 8s.', 8_000],
    ['Please try again in 6m0s. Visit …', 360_000],
    ['try again in 1h2m3s', 3_723_000],
    ['Please retry after 22 seconds.', 22_000],
    ['Retry after: 2 minutes', 120_000],
    ['Please try again in 20ms.', 20],
    ['wait 1.5 sec and retry', 1_500],
    ['available in 2 hours and 5 minutes', 7_500_000],
    ['try again in 3 days', 259_200_000],
  ])('%s', (words, ms) => {
    expect(askedPause(words)).toBe(ms);
  });

  it.each([
    'Please try again later.',
    'try again in a moment',
    'limited to 10 calls per minute',
    'retry after 3 attempts',
    'waited 30 s for the lock',
    'Timed out after 0:05:00',
    '',
  ])('none: %s', (words) => {
    expect(askedPause(words)).toBeUndefined();
  });
});

it.each<[string, number | undefined]>([
  ['input tokens per minute', 60_000],
  ['Tokens-per-minute (TPM) rate limit exceeded, requests per minute not', 60_000],
  ['5 questions per minute', 60_000],
  ['tokens per hour', 3_600_000],
  ['hourly quota', 3_600_000],
  ['1000 requests per day', 86_400_000],
  ['Try again tomorrow', 86_400_000],
  ['monthly spend limit', 2_592_000_000],
  ['Requests-per-minute (RPM) rate limit exceeded', undefined],
  ['QPS rate limit', undefined],
  ['50 endpoint updates per 5 minutes', 300_000],
  ['10 calls every 30 seconds', 30_000],
  ['1000 tokens in 24 hours', 86_400_000],
  ['slow down', undefined],
  ['in the last minutes', undefined],
])('the window of %s', (words, ms) => {
  expect(windowOf(words)?.ms).toBe(ms);
});
