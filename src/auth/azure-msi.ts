import { azureSigner, notAzure } from './azure.ts';
import type { Method } from './method.ts';
import { requestToken } from './token-request.ts';

// The instance metadata service answers at once. Outside Azure it never answers.
const TIMEOUT_MS = 3_000;

/** The managed identity of an Azure machine, when `azure_use_msi` asks for it (fact I20). */
export const azureMsi: Method = {
  name: 'azure-msi',
  implicit: false,
  async configure(context) {
    // The values that Go's ParseBool accepts as true.
    if (!/^(?:1|t|true)$/i.test(context.setting('azure_use_msi') ?? '')) return { missing: 'azure_use_msi' };
    const missing = notAzure(context);
    if (missing !== undefined) return { missing };
    const clientId = context.setting('azure_client_id');
    return azureSigner(context, (resource) => {
      const url = new URL('http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01');
      url.searchParams.set('resource', resource);
      if (clientId !== undefined) url.searchParams.set('client_id', clientId);
      return requestToken({
        send: context.environment.send,
        now: context.environment.now,
        redact: context.configuration.redact,
        issuer: 'the Azure instance metadata service',
        next: 'Assign a managed identity to this machine, or unset ARM_USE_MSI.',
        ask: { url, headers: { metadata: 'true' }, timeoutMs: TIMEOUT_MS },
      });
    });
  },
};
