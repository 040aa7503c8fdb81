import { AuthError } from './errors.ts';
import { federatedSigner } from './federation.ts';
import { type Method, missingSettings } from './method.ts';

/** An identity token in a file (fact I16). Every refresh reads it again, because platforms rotate it. */
export const fileOidc: Method = {
  name: 'file-oidc',
  implicit: false,
  async configure(context) {
    const missing = missingSettings(context, 'host', 'databricks_id_token_filepath');
    if (missing !== undefined) return { missing };
    const path = context.setting('databricks_id_token_filepath') ?? '';
    return federatedSigner(context, async () => {
      let token: string;
      try {
        token = (await context.environment.readFile(path)).trim();
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
        throw new AuthError(
          'bad_config',
          `cannot read the identity token file ${path} (${code})`,
          'Correct DATABRICKS_OIDC_TOKEN_FILEPATH.',
        );
      }
      if (token !== '') return token;
      throw new AuthError(
        'bad_config',
        `the identity token file ${path} is empty`,
        `Put an identity token into ${path}.`,
      );
    });
  },
};
