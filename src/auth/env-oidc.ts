import { readVariable } from './attributes.ts';
import { AuthError } from './errors.ts';
import { federatedSigner } from './federation.ts';
import { type Method, missing } from './method.ts';

/** An identity token in DATABRICKS_OIDC_TOKEN, or in the variable that `oidc_token_env` names (fact I16). */
export const envOidc: Method = {
  name: 'env-oidc',
  ambient: false,
  async configure(context) {
    const lacked = missing(context, 'host');
    if (lacked !== undefined) return { lacked };
    const variable = context.setting('oidc_token_env') ?? 'DATABRICKS_OIDC_TOKEN';
    if (readVariable(context.world.env, variable) === undefined) return { lacked: `an identity token in ${variable}` };
    return federatedSigner(context, async () => {
      const token = readVariable(context.world.env, variable);
      if (token !== undefined) return token;
      throw new AuthError('bad_config', `${variable} is empty`, `Put a fresh identity token into ${variable}.`);
    });
  },
};
