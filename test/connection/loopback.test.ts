import { expect, it } from 'vitest';
import { isLoopback, isSecure } from '../../src/connection/loopback.ts';

it.each([
  ['https://dbc-1.cloud.databricks.com', false, true],
  ['http://dbc-1.cloud.databricks.com', false, false],
  ['http://localhost:80', true, true],
  ['http://127.0.0.1', true, true],
  ['http://127.1', true, true], // URL writes it out
  ['http://127.255.0.9:1', true, true],
  ['http://[::1]:1', true, true],
  ['http://localhost.evil.example', false, false],
  ['http://127.evil.example', false, false],
  ['http://127.0.0.1.evil.example', false, false],
  ['http://evil.example/127.0.0.1', false, false],
  ['http://127.0.0.1@evil.example', false, false],
  ['http://[::1]@evil.example', false, false],
  ['http://128.0.0.1', false, false],
  ['http://10.0.0.1', false, false],
  ['ftp://127.0.0.1', true, false],
])('%s: this machine %s, secure %s', (text, loopback, secure) => {
  const url = new URL(text);
  expect([isLoopback(url.hostname), isSecure(url)]).toEqual([loopback, secure]);
});
