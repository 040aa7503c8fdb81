import { type Method, missing } from './method.ts';

/** A personal access token, sent as it is (API contract, section 5.5). */
export const pat: Method = {
  name: 'pat',
  ambient: false,
  async configure(context) {
    const token = context.setting('token');
    const lacked = missing(context, 'host', 'token');
    if (lacked !== undefined || token === undefined) return { lacked: lacked ?? 'token' };
    return {
      canRefresh: false,
      headers: async () => ({ authorization: `Bearer ${token}` }),
      bearer: async () => token,
      invalidate: () => false,
    };
  },
};
