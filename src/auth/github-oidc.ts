import { readVariable } from './attributes.ts';
import { federatedSigner } from './federation.ts';
import { secureUrl } from './host.ts';
import { type Method, missingSettings } from './method.ts';
import { requestToken } from './token-request.ts';

/** The identity of a GitHub Actions job with `id-token: write` (fact I16). */
export const githubOidc: Method = {
  name: 'github-oidc',
  implicit: true,
  async configure(context) {
    const { environment, configuration } = context;
    const missing = missingSettings(context, 'host');
    if (missing !== undefined) return { missing };
    const requestUrl = readVariable(environment.env, 'ACTIONS_ID_TOKEN_REQUEST_URL');
    const bearer = readVariable(environment.env, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN');
    if (requestUrl === undefined || bearer === undefined) {
      return { missing: 'a GitHub Actions job with permission id-token: write' };
    }
    return federatedSigner(context, async (audience) => {
      const url = secureUrl(requestUrl, 'ACTIONS_ID_TOKEN_REQUEST_URL');
      url.searchParams.set('audience', audience);
      const { value } = await requestToken({
        send: environment.send,
        now: environment.now,
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
