/** Answers about the host itself, which need no login. */
import { closed, list, TEXT, words } from './forms.ts';

export const HOST = closed(
  ['oidc_endpoint', 'account_id', 'workspace_id', 'cloud', 'host_type'],
  {
    oidc_endpoint: TEXT,
    account_id: TEXT,
    workspace_id: { type: 'string', pattern: '^\\d+$' },
    cloud: words('AWS', 'AZURE', 'GCP'),
    host_type: words('workspace', 'account', 'unified'),
  },
  { evidence: 'oauth-routes', known: 'token_federation_default_oidc_audiences' },
);

export const OAUTH = closed(
  ['issuer', 'authorization_endpoint', 'token_endpoint'],
  {
    issuer: TEXT,
    authorization_endpoint: TEXT,
    token_endpoint: TEXT,
    scopes_supported: list(TEXT),
    response_types_supported: list(TEXT),
    code_challenge_methods_supported: list(TEXT),
    grant_types_supported: list(TEXT),
    token_endpoint_auth_methods_supported: list(TEXT),
  },
  // Further fields of RFC 8414 and of OpenID Connect Discovery.
  {
    evidence: 'oauth-routes',
    known:
      'jwks_uri userinfo_endpoint revocation_endpoint introspection_endpoint registration_endpoint end_session_endpoint device_authorization_endpoint subject_types_supported id_token_signing_alg_values_supported claims_supported response_modes_supported request_parameter_supported request_uri_parameter_supported',
  },
);
