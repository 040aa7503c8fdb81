import { isLoopback } from '../connection/loopback.ts';
import { AuthError } from './errors.ts';
import { secureUrl } from './host.ts';
import type { Answer } from './http.ts';
import { bearerSigner, type Method, missingSettings } from './method.ts';
import { requestToken } from './token-request.ts';

/** Tokens from a service on this machine, such as an editor extension's (fact I22). */
export const metadataService: Method = {
  name: 'metadata-service',
  implicit: false,
  async configure(context) {
    const missing = missingSettings(context, 'host', 'metadata_service_url');
    if (missing !== undefined) return { missing };
    const url = secureUrl(context.setting('metadata_service_url') ?? '', 'metadata_service_url');
    if (!isLoopback(url.hostname)) {
      throw new AuthError(
        'bad_config',
        `metadata_service_url is on ${url.hostname}, but only this machine is allowed`,
        'Correct DATABRICKS_METADATA_SERVICE_URL or unset it.',
      );
    }
    const headers = {
      'x-databricks-metadata-version': '1',
      'x-databricks-host': context.configuration.host ?? '',
    };
    try {
      return await bearerSigner(context, () =>
        requestToken({
          send: async (ask) => unlessNotFound(await context.environment.send(ask)),
          now: context.environment.now,
          redact: context.configuration.redact,
          issuer: 'the metadata service',
          next: 'Restart the program that runs the metadata service, or unset DATABRICKS_METADATA_SERVICE_URL.',
          ask: { url, headers, once: true },
        }),
      );
    } catch (error) {
      if (error instanceof NotServed) return { missing: error.message };
      throw error;
    }
  },
};

/** The service answers 404 when it has no session for this host. */
class NotServed extends AuthError {}

function unlessNotFound(answer: Answer): Answer {
  if (answer.status !== 404) return answer;
  throw new NotServed(
    'token_rejected',
    'a session of the metadata service for this host',
    'Log in with the program that runs the metadata service.',
  );
}
