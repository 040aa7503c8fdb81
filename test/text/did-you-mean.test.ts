import { expect, it } from 'vitest';
import { near, nearest, nearNames } from '../../src/text/did-you-mean.ts';

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
])('%j is nearest to %j', (word, expected) => {
  expect(nearest(word, KNOWN)).toBe(expected);
});

it('is nothing when nothing is known', () => {
  expect(nearest('endpoint', [])).toBeUndefined();
});

it('prefers the exact word to one that contains it', () => {
  expect(nearest('alias', ['set_alias', 'alias'])).toBe('alias');
});

it('gives all that are close, the nearest first; a word of two letters is part of anything', () => {
  expect(near('chrun', ['churns', 'price', 'churn', 'run'])).toEqual(['run', 'churn']);
  expect(near('my churn model', ['churn', 'my', 'price'])).toEqual(['churn']);
});

it('prefers the larger part of a word', () => {
  expect(nearest('model_version', ['model', 'version'])).toBe('version');
});

it('finds a name by one of its parts, when the whole is not near', () => {
  const names = ['churn-legacy', 'databricks-claude-sonnet-4', 'ml.prod.price', 'gpt'];
  expect(nearNames('chrun', names)).toEqual(['churn-legacy']);
  expect(nearNames('sonet', names)).toEqual(['databricks-claude-sonnet-4']);
  expect(nearNames('prcie', names)).toEqual(['ml.prod.price']);
  expect(nearNames('gtp', names)).toEqual(['gpt']);
  expect(nearNames('weather', names)).toEqual([]);
  expect(nearNames('', names)).toEqual([]);
});
