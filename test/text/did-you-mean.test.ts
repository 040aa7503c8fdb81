import { expect, it } from 'vitest';
import { closest, closestAll, closestNames } from '../../src/text/did-you-mean.ts';

const KNOWN = ['endpoint', 'version', 'alias', 'traffic_percent', 'wait_seconds', 'dry_run', 'if_fingerprint'];

it.each<[string, string | undefined]>([
  ['endpiont', 'endpoint'],
  ['Endpoint', 'endpoint'],
  ['endpoint_name', 'endpoint'],
  ['trafficPercent', 'traffic_percent'],
  ['traffic-percentage', 'traffic_percent'],
  ['waitSeconds', 'wait_seconds'],
  ['dryrun', 'dry_run'],
  ['fingerprint', 'if_fingerprint'],
  ['model_version', 'version'],
  ['verson', 'version'],
  ['banana', undefined],
  ['', undefined],
])('%j is closest to %j', (word, expected) => {
  expect(closest(word, KNOWN)).toBe(expected);
});

it('is nothing when nothing is known', () => {
  expect(closest('endpoint', [])).toBeUndefined();
  // A letter is a part of almost any name.
  expect(closest('x', ['max_workload_size'])).toBeUndefined();
});

it('prefers the exact word to one that contains it', () => {
  expect(closest('alias', ['set_alias', 'alias'])).toBe('alias');
});

it('gives all that are close, the closest first; a word of two letters is part of anything', () => {
  expect(closestAll('chrun', ['churns', 'price', 'churn', 'run'])).toEqual(['run', 'churn']);
  expect(closestAll('my churn model', ['churn', 'my', 'price'])).toEqual(['churn']);
});

it('prefers the larger part of a word', () => {
  expect(closest('model_version', ['model', 'version'])).toBe('version');
});

it('finds a name by one of its parts, when the whole is not close', () => {
  const names = ['churn-legacy', 'databricks-claude-sonnet-4', 'ml.prod.price', 'gpt'];
  expect(closestNames('chrun', names)).toEqual(['churn-legacy']);
  expect(closestNames('sonet', names)).toEqual(['databricks-claude-sonnet-4']);
  expect(closestNames('prcie', names)).toEqual(['ml.prod.price']);
  expect(closestNames('gtp', names)).toEqual(['gpt']);
  expect(closestNames('weather', names)).toEqual([]);
  expect(closestNames('', names)).toEqual([]);
});
