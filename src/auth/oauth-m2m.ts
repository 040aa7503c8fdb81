import { bearerSigner, type Method, type MethodContext, missingSettings } from './method.ts';
import { requestToken } from './token-request.ts';

/** A service principal with client id and secret: the client-credentials grant (fact I12). */
export const oauthM2m: Method = {
  name: 'oauth-m2m',
  implicit: false,
  async configure(context) {
    const missing = missingSettings(context, 'host', 'client_id', 'client_secret');
    if (missing !== undefined) return { missing };
    const url = await context.discovery.tokenEndpoint();
    const pair = Buffer.from(`${context.setting('client_id')}:${context.setting('client_secret')}`).toString('base64');
    const { settings, redact } = context.configuration;
    return bearerSigner(context, () =>
      requestToken({
        send: context.environment.send,
        now: context.environment.now,
        redact: (text) => redact(text.replaceAll(pair, '***')),
        issuer: 'the Databricks token endpoint',
        next: `Check client_id (${settings.get('client_id')?.source}) and client_secret (${settings.get('client_secret')?.source}), and that the service principal belongs to the workspace.`,
        ask: {
          url,
          method: 'POST',
          headers: { authorization: `Basic ${pair}` },
          form: { grant_type: 'client_credentials', scope: scopes(context) },
        },
      }),
    );
  },
};

/** The scopes to request, separated by spaces. Default: `all-apis`. */
export function scopes(context: MethodContext): string {
  const named = context
    .setting('scopes')
    ?.split(/[\s,]+/)
    .filter((scope) => scope !== '');
  return named === undefined || named.length === 0 ? 'all-apis' : named.join(' ');
}
