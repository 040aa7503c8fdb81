/** Refusals: the forms of their bodies. */
import { closed, list, TEXT } from './forms.ts';

/** Every error of the control plane. */
export const ERROR = closed(['error_code', 'message'], {
  error_code: { type: ['string', 'integer'] },
  message: { type: 'string', minLength: 1 },
  details: list(
    closed(
      ['@type', 'request_id', 'serving_data'],
      {
        '@type': { const: 'type.googleapis.com/google.rpc.RequestInfo' },
        request_id: TEXT,
        serving_data: TEXT,
      },
      { evidence: 'request-info' },
    ),
  ),
});

/** An error of the identity directory. */
export const SCIM_ERROR = closed(['schemas', 'detail', 'status'], {
  schemas: list(TEXT),
  detail: TEXT,
  status: { type: 'string', pattern: '^\\d{3}$' },
  scimType: TEXT,
});
