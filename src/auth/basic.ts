import { AuthError } from './errors.ts';
import { type Method, missingSettings } from './method.ts';

/** User name and password (fact I11). */
export const basic: Method = {
  name: 'basic',
  implicit: false,
  async configure(context) {
    const missing = missingSettings(context, 'host', 'username', 'password');
    if (missing !== undefined) return { missing };
    const pair = Buffer.from(`${context.setting('username')}:${context.setting('password')}`).toString('base64');
    return {
      headers: async () => ({ authorization: `Basic ${pair}` }),
      bearer: async () => {
        throw new AuthError(
          'bad_config',
          'user name and password do not provide a bearer token',
          'Route-optimized endpoints need OAuth: run databricks auth login, or use a service principal.',
        );
      },
      invalidate: () => false,
    };
  },
};
