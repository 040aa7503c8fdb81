import { expect, it } from 'vitest';
import { ConnectError } from '../../src/connection/errors.ts';
import { transportError } from '../../src/rest/transport.ts';

const REQUEST = { method: 'PUT', path: '/p', sent: true };
const HOST = 'https://adb-1.2.azuredatabricks.net';

it.each<[code: string, kind: string, next: RegExp]>([
  ['ECONNREFUSED', 'refused', /network, the VPN and the workspace host.*HTTPS_PROXY/],
  ['UND_ERR_CONNECT_TIMEOUT', 'refused', /VPN/],
  ['EAI_AGAIN', 'refused', /repeat the call/],
  ['ENOTFOUND', 'unreachable', /Correct the workspace host.*private address.*VPN/],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'unreachable', /NODE_EXTRA_CA_CERTS/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unreachable', /NODE_EXTRA_CA_CERTS/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unreachable', /NODE_EXTRA_CA_CERTS/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unreachable', /NODE_EXTRA_CA_CERTS/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'unreachable', /for another host/],
  ['CERT_HAS_EXPIRED', 'unreachable', /clock of this machine/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'unreachable', /host and its port/],
  ['EPROTO', 'unreachable', /host and its port/],
])('a connection that failed with %s sent nothing, and says what a person can do', (code, kind, next) => {
  const cause = Object.assign(new Error('x'), { code });
  const error = transportError(new ConnectError('no connection', { cause }), REQUEST, HOST, 1_000);
  expect(error).toMatchObject({ kind, sent: false, next: expect.stringMatching(next) });
  expect(error.message).toContain(code);
});

it('a failure of TLS after the request was sent leaves its effect unknown', () => {
  const error = transportError(Object.assign(new Error('x'), { code: 'EPROTO' }), REQUEST, HOST, 1_000);
  expect(error).toMatchObject({ kind: 'lost', sent: true, next: undefined });
});
