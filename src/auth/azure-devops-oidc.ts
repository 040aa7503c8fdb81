import { readVariable } from './attributes.ts';
import { federatedSigner } from './federation.ts';
import { secureUrl } from './host.ts';
import { type Method, missingSettings } from './method.ts';
import { requestToken } from './token-request.ts';

const VARIABLES = [
  'SYSTEM_ACCESSTOKEN',
  'SYSTEM_TEAMFOUNDATIONCOLLECTIONURI',
  'SYSTEM_TEAMPROJECTID',
  'SYSTEM_HOSTTYPE',
  'SYSTEM_PLANID',
  'SYSTEM_JOBID',
] as const;

/** The identity of an Azure DevOps pipeline job (fact I16). Azure DevOps fixes its audience. */
export const azureDevopsOidc: Method = {
  name: 'azure-devops-oidc',
  implicit: true,
  async configure(context) {
    const { environment, configuration } = context;
    const missing = missingSettings(context, 'host');
    if (missing !== undefined) return { missing };
    const [token, collection, project, hub, plan, job] = VARIABLES.map((name) => readVariable(environment.env, name));
    if (!token || !collection || !project || !hub || !plan || !job) {
      const absent = VARIABLES.filter((name) => readVariable(environment.env, name) === undefined);
      return { missing: `an Azure DevOps job (${absent.join(', ')})` };
    }
    const path = [project, '_apis/distributedtask/hubs', hub, 'plans', plan, 'jobs', job, 'oidctoken'].join('/');
    return federatedSigner(context, async () => {
      const { value } = await requestToken({
        send: environment.send,
        now: environment.now,
        redact: configuration.redact,
        issuer: 'Azure DevOps',
        next: 'Map SYSTEM_ACCESSTOKEN: $(System.AccessToken) into the environment of the step.',
        ask: {
          url: secureUrl(
            `${collection.replace(/\/+$/, '')}/${path}?api-version=7.2-preview.1`,
            'SYSTEM_TEAMFOUNDATIONCOLLECTIONURI',
          ),
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
        },
        field: 'oidcToken',
      });
      return value;
    });
  },
};
