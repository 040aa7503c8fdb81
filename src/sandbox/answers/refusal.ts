/** Refusals: the forms of their bodies. */
import { closed, list, type Schema, TEXT, words } from './forms.ts';

const type = (name: string) => `type.googleapis.com/google.rpc.${name}`;

/** What official clients read from an error. This sandbox sends the first kind only. */
const DETAIL_TYPES = words(
  ...['RequestInfo', 'ErrorInfo', 'RetryInfo', 'DebugInfo', 'QuotaFailure', 'PreconditionFailure'].map(type),
  ...['BadRequest', 'ResourceInfo', 'Help'].map(type),
);

const DETAIL: Schema = {
  ...closed(
    ['@type'],
    { '@type': DETAIL_TYPES, request_id: TEXT, serving_data: TEXT },
    {
      evidence: 'request-info',
      known:
        'reason domain metadata retry_delay stack_entries detail violations field_violations resource_type resource_name owner description links',
    },
  ),
  if: { properties: { '@type': { const: type('RequestInfo') } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['request_id', 'serving_data'], evidence: 'request-info' },
};

/** Every error of the control plane. */
export const ERROR = closed(['error_code', 'message'], {
  error_code: { type: ['string', 'integer'] },
  message: { type: 'string', minLength: 1 },
  details: list(DETAIL),
});

/** An error of the identity directory. */
export const SCIM_ERROR = closed(['schemas', 'detail', 'status'], {
  schemas: list(TEXT),
  detail: TEXT,
  status: { type: 'string', pattern: '^\\d{3}$' },
  scimType: TEXT,
});
