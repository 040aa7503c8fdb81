import { createSign } from 'node:crypto';
import { AuthError } from './errors.ts';
import { isAccountHost, secureUrl } from './host.ts';
import { type JsonObject, parseObject, stringOf } from './json.ts';
import { bearerSigner, type Method, type MethodContext, missingSettings } from './method.ts';
import { createTokenCache, type Token } from './token-cache.ts';
import { requestToken } from './token-request.ts';

interface ServiceAccountKey {
  email: string;
  privateKey: string;
  keyId?: string | undefined;
  tokenUri: URL;
}

const LIFETIME_S = 3600;
const CLOUD_SCOPES = 'https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/compute';

/**
 * A Google service account key, as JSON or as the path of a file. The bearer is an ID token for the host. Account hosts
 * need a Google access token as well (fact I21).
 */
export const googleCredentials: Method = {
  name: 'google-credentials',
  implicit: false,
  async configure(context) {
    const missing = missingSettings(context, 'host', 'google_credentials');
    if (missing !== undefined) return { missing };
    const host = context.configuration.host ?? '';
    if (context.configuration.cloud !== 'gcp') return { missing: 'a host on Google Cloud' };
    const key = await readKey(context);
    const idToken = () => exchange(context, key, { target_audience: host }, 'id_token');
    if (!isAccountHost(host)) return bearerSigner(context, idToken);
    const access = createTokenCache(
      () => exchange(context, key, { scope: CLOUD_SCOPES }, 'access_token'),
      context.environment.now,
    );
    return bearerSigner(context, idToken, async (signal) => ({
      'x-databricks-gcp-sa-access-token': (await access.get(signal)).value,
    }));
  },
};

async function readKey({ setting, environment }: MethodContext): Promise<ServiceAccountKey> {
  const given = setting('google_credentials') ?? '';
  let text = given;
  if (!given.trimStart().startsWith('{')) {
    try {
      text = await environment.readFile(given);
    } catch {
      // Neither value nor reason is shown, because the value may be a damaged key.
      throw badKey('google_credentials is neither JSON nor a readable file');
    }
  }
  const key: JsonObject | undefined = parseObject(text);
  const email = stringOf(key, 'client_email');
  const privateKey = stringOf(key, 'private_key');
  if (email === undefined || privateKey === undefined) {
    throw badKey('google_credentials has no client_email and private_key');
  }
  const tokenUri = secureUrl(
    stringOf(key, 'token_uri') ?? 'https://oauth2.googleapis.com/token',
    'token_uri of the key',
  );
  return { email, privateKey, keyId: stringOf(key, 'private_key_id'), tokenUri };
}

async function exchange(
  { environment, configuration }: MethodContext,
  key: ServiceAccountKey,
  claims: Record<string, string>,
  field: string,
): Promise<Token> {
  const assertion = signJwt(key, claims, Math.floor(environment.now() / 1000));
  return requestToken({
    send: environment.send,
    now: environment.now,
    redact: (text) => configuration.redact(text.replaceAll(assertion, '***')),
    issuer: 'the Google token endpoint',
    next: `Check that the key of ${key.email} is still valid and that the clock of this machine is correct.`,
    ask: {
      url: key.tokenUri,
      method: 'POST',
      form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
    },
    field,
  });
}

function signJwt(key: ServiceAccountKey, claims: Record<string, string>, issuedAt: number): string {
  const header = { alg: 'RS256', typ: 'JWT', ...(key.keyId !== undefined && { kid: key.keyId }) };
  const payload = {
    iss: key.email,
    sub: key.email,
    aud: key.tokenUri.href,
    iat: issuedAt,
    exp: issuedAt + LIFETIME_S,
    ...claims,
  };
  const unsigned = `${base64url(header)}.${base64url(payload)}`;
  try {
    return `${unsigned}.${createSign('RSA-SHA256').update(unsigned).sign(key.privateKey, 'base64url')}`;
  } catch {
    throw badKey('the private_key of google_credentials is not a usable PEM key');
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function badKey(problem: string): AuthError {
  return new AuthError('bad_config', problem, 'Set GOOGLE_CREDENTIALS to a service account key (JSON) or to its path.');
}
