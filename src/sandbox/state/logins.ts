/** What a code or a refresh token stands for. */
export interface Login {
  client_id: string;
  principal: string;
  scope: string;
}

/** A login before its code is redeemed. `expires_at` is wall time. */
export interface CodeGrant extends Login {
  redirect_uri: string;
  challenge: string;
  expires_at: number;
}

/** Codes and refresh tokens of one workspace. Each works once. */
export interface Logins {
  codes: Map<string, CodeGrant>;
  refresh: Map<string, Login>;
}
