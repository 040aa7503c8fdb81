import { readVariable } from './attributes.ts';
import { federatedSigner } from './federation.ts';
import { secureUrl } from './host.ts';
import { type Method, missing } from './method.ts';
import { requestToken } from './token-request.ts';

/** The identity of a GitHub Actions job with `id-token: write` (fact I16). */
export const githubOidc: Method = {
  name: 'github-oidc',
  ambient: true,
  async configure(context) {
    const { world, configuration } = context;
    const lacked = missing(context, 'host');
    if (lacked !== undefined) return { lacked };
    const requestUrl = readVariable(world.env, 'ACTIONS_ID_TOKEN_REQUEST_URL');
    const bearer = readVariable(world.env, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN');
    if (requestUrl === undefined || bearer === undefined) {
      return { lacked: 'a GitHub Actions job with permission id-token: write' };
    }
    return federatedSigner(context, async (audience) => {
      const url = secureUrl(requestUrl, 'ACTIONS_ID_TOKEN_REQUEST_URL');
      url.searchParams.set('audience', audience);
      const { value } = await requestToken({
        send: world.send,
        now: world.now,
        redact: configuration.redact,
        issuer: 'GitHub Actions',
        next: 'Give the job the permission id-token: write.',
        ask: { url, headers: { authorization: `Bearer ${bearer}` } },
        field: 'value',
      });
      return value;
    });
  },
};
