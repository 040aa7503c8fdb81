import { readVariable } from './attributes.ts';
import { AuthError } from './errors.ts';
import { federatedSigner } from './federation.ts';
import { type Method, missingSettings } from './method.ts';

/** An identity token in DATABRICKS_OIDC_TOKEN, or in the variable that `oidc_token_env` names (fact I16). */
export const envOidc: Method = {
  name: 'env-oidc',
  implicit: false,
  async configure(context) {
    const missing = missingSettings(context, 'host');
    if (missing !== undefined) return { missing };
    const variable = context.setting('oidc_token_env') ?? 'DATABRICKS_OIDC_TOKEN';
    if (readVariable(context.environment.env, variable) === undefined)
      return { missing: `an identity token in ${variable}` };
    return federatedSigner(context, async () => {
      const token = readVariable(context.environment.env, variable);
      if (token !== undefined) return token;
      throw new AuthError('bad_config', `${variable} is empty`, `Put a fresh identity token into ${variable}.`);
    });
  },
};
