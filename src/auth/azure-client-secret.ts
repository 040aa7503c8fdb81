import { azureCloud, azureSigner, notAzure, tenantOf } from './azure.ts';
import { type Method, missingSettings } from './method.ts';
import { requestToken } from './token-request.ts';

/** A Microsoft Entra service principal with a secret (fact I20). */
export const azureClientSecret: Method = {
  name: 'azure-client-secret',
  implicit: false,
  async configure(context) {
    const missing = missingSettings(context, 'azure_client_id', 'azure_client_secret') ?? notAzure(context);
    if (missing !== undefined) return { missing };
    const tenant = await tenantOf(context);
    if (tenant === undefined) return { missing: 'azure_tenant_id' };
    const url = new URL(`${azureCloud(context).activeDirectory}/${encodeURIComponent(tenant)}/oauth2/token`);
    return azureSigner(context, (resource) =>
      requestToken({
        send: context.environment.send,
        now: context.environment.now,
        redact: context.configuration.redact,
        issuer: 'Microsoft Entra ID',
        next: 'Check ARM_CLIENT_ID, ARM_CLIENT_SECRET and ARM_TENANT_ID; Azure client secrets expire.',
        ask: {
          url,
          method: 'POST',
          form: {
            grant_type: 'client_credentials',
            client_id: context.setting('azure_client_id') ?? '',
            client_secret: context.setting('azure_client_secret') ?? '',
            resource,
          },
        },
      }),
    );
  },
};
