import { AuthError } from './errors.ts';
import { type Method, missingSettings } from './method.ts';

/** A personal access token, sent unchanged (fact I11). */
export const pat: Method = {
  name: 'pat',
  implicit: false,
  async configure(context) {
    const token = context.setting('token');
    const missing = missingSettings(context, 'host', 'token');
    if (missing !== undefined || token === undefined) return { missing: missing ?? 'token' };
    // Such a token would fail later as an invalid header, without a useful message.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      const { source } = context.configuration.settings.get('token') ?? { source: 'the configuration' };
      throw new AuthError(
        'bad_config',
        `the token (${source}) contains spaces or line breaks`,
        'Copy the token again.',
      );
    }
    return {
      headers: async () => ({ authorization: `Bearer ${token}` }),
      bearer: async () => token,
      invalidate: () => false,
    };
  },
};
