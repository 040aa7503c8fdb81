import { isAccountHost } from './host.ts';
import { bearerSigner, type MethodContext, type Signer } from './method.ts';
import { scopes } from './oauth-m2m.ts';
import { requestToken } from './token-request.ts';

/**
 * Exchanges an identity token of another issuer for a Databricks token, again at every refresh (fact I15).
 * Without `client_id` the exchange is account-wide federation.
 *
 * @param idToken gets the identity token for an audience.
 */
export async function federatedSigner(
  context: MethodContext,
  idToken: (audience: string) => Promise<string>,
): Promise<Signer> {
  const url = await context.discovery.tokenEndpoint();
  const audience = audienceOf(context, url);
  const clientId = context.setting('client_id');
  return bearerSigner(context, async () => {
    const subjectToken = await idToken(audience);
    return requestToken({
      send: context.environment.send,
      now: context.environment.now,
      redact: (text) => context.configuration.redact(text.replaceAll(subjectToken, '***')),
      issuer: 'the Databricks token endpoint',
      next: `Check the federation policy (issuer, subject, audience ${audience})${clientId === undefined ? '' : ` of service principal ${clientId}`}.`,
      ask: {
        url,
        method: 'POST',
        form: {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
          subject_token: subjectToken,
          scope: scopes(context),
          ...(clientId !== undefined && { client_id: clientId }),
        },
      },
    });
  });
}

function audienceOf(context: MethodContext, tokenEndpoint: URL): string {
  const { host, accountId } = context.configuration;
  const named = context.setting('audience');
  if (named !== undefined) return named;
  if (host !== undefined && accountId !== undefined && isAccountHost(host)) return accountId;
  return tokenEndpoint.href;
}
