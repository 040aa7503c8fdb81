import { describe, expect, it } from 'vitest';
import { type Named, nameInUrl } from '../../src/calls/name-in-url.ts';

const HOST = 'adb-1.2.azuredatabricks.net';

describe('a pasted URL names', () => {
  it.each<[Named, string, string]>([
    ['endpoint', `https://${HOST}/ml/endpoints/churn`, 'churn'],
    ['endpoint', `https://${HOST}/ml/endpoints/churn?o=123#events`, 'churn'],
    ['endpoint', `https://${HOST}/ml/endpoints/churn/events`, 'churn'],
    ['endpoint', `https://${HOST}/?o=123#mlflow/endpoints/churn`, 'churn'],
    ['endpoint', `https://${HOST}/serving-endpoints/churn/invocations`, 'churn'],
    ['endpoint', `https://${HOST}/serving-endpoints/embeddings-small/invocations`, 'embeddings-small'],
    ['endpoint', `https://${HOST}/api/2.0/serving-endpoints/churn/config`, 'churn'],
    ['endpoint', `https://${HOST}/123/serving-endpoints/churn/invocations`, 'churn'],
    ['endpoint', `https://${HOST}/ml/playground?endpointName=churn&o=1`, 'churn'],
    ['endpoint', ` HTTPS://${HOST.toUpperCase()}/ml/endpoints/churn\n`, 'churn'],
    ['endpoint', `https://${HOST}/ml/endpoints/%63hurn`, 'churn'],
    ['model', `https://${HOST}/explore/data/models/ml/prod/churn?o=1`, 'ml.prod.churn'],
    ['model', `https://${HOST}/explore/data/models/ml/prod/churn/version/3`, 'ml.prod.churn'],
    ['app', `https://${HOST}/apps/listing-app?o=1`, 'listing-app'],
  ])('the %s in %s', (kind, url, name) => {
    expect(nameInUrl(kind, url)).toEqual({ name, host: HOST });
  });

  it.each<[Named, string, string, string | undefined]>([
    ['endpoint', `${HOST}/ml/endpoints/churn`, 'churn', HOST],
    ['endpoint', 'http://127.0.0.1:8080/ml/endpoints/churn', 'churn', '127.0.0.1:8080'],
    ['endpoint', 'localhost:8080/serving-endpoints/churn/invocations', 'churn', 'localhost:8080'],
    ['endpoint', '/serving-endpoints/churn/invocations', 'churn', undefined],
    ['endpoint', 'serving-endpoints/churn', 'churn', undefined],
    ['endpoint', 'endpoints:/churn', 'churn', undefined],
    ['endpoint', 'databricks-serving://endpoints/churn/schema', 'churn', undefined],
    ['model', 'models:/ml.prod.churn/3', 'ml.prod.churn', undefined],
    ['model', 'models:/ml.prod.churn@champion', 'ml.prod.churn', undefined],
  ])('the %s in %s, which has another form', (kind, url, name, host) => {
    expect(nameInUrl(kind, url)).toEqual({ name, host });
  });
});

describe('every form of a host is a host, so that no URL of another workspace looks like a path of this one', () => {
  it.each([
    ['https://user:secret@other.example.com', 'other.example.com'],
    ['user:secret@other.example.com', 'other.example.com'],
    ['https://other', 'other'],
    ['other', 'other'],
    ['https://[::1]:8080', '[::1]:8080'],
    ['https://bücher.example', 'xn--bcher-kva.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['//other.example.com', 'other.example.com'],
    ['https:other.example.com', 'other.example.com'],
    ['https:/other.example.com', 'other.example.com'],
    ['ftp://other.example.com', 'other.example.com'],
    ['https://other.example.com:443', 'other.example.com'],
    ['HTTPS:\\\\other.example.com', 'other.example.com'],
    ['https://not a host', 'not a host'],
  ])('%s', (start, host) => {
    expect(nameInUrl('endpoint', `${start}/ml/endpoints/churn`)).toEqual({ name: 'churn', host });
  });
});

it.each<[Named, string]>([
  ['endpoint', 'churn'],
  ['endpoint', 'ml.prod.churn'],
  ['endpoint', 'a/b'],
  ['endpoint', 'churn/config'],
  ['endpoint', `https://${HOST}/serving-endpoints`],
  ['endpoint', `https://${HOST}/serving-endpoints/chat/completions`],
  ['endpoint', `https://${HOST}/serving-endpoints/anthropic/v1/messages`],
  ['endpoint', `https://${HOST}/serving-endpoints/../secrets`],
  ['endpoint', `https://${HOST}/ml/endpoints/%`],
  ['endpoint', `https://${HOST}/ml/endpoints/churn?endpointName=fraud`],
  ['endpoint', `https://${HOST}/ml/endpoints/a%2Fb`],
  ['endpoint', `https://${HOST}/apps/listing-app`],
  ['endpoint', `https://${HOST}/ml/endpoints/${'a'.repeat(64)}`],
  ['endpoint', `https://${HOST}/${'a/'.repeat(2_000)}ml/endpoints/churn`],
  ['model', `https://${HOST}/explore/data/models/ml/prod`],
  ['model', 'models:/churn/3'],
  ['app', `https://${HOST}/ml/endpoints/churn`],
])('no %s is guessed from %s', (kind, text) => {
  expect(nameInUrl(kind, text)).toBeUndefined();
});
