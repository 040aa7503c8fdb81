/** A workspace whose names are easy to find, and answers with secrets in every place. */
import type { Planted } from '../support/differing-service.ts';
import { PLANTED_BY_FORM, PLANTED_BY_NAME, secretsIn } from '../support/planted-secrets.ts';

const SECRETS = { ...PLANTED_BY_FORM, ...PLANTED_BY_NAME };
/** Names of a workspace in which every name has one of these words. */
const NAMES = /quagga|zebra/i;
export const HOST = 'https://zebra.cloud.databricks.com';

const VERSION = {
  version: 1,
  status: 'READY',
  spec: { kind: 'logistic', inputs: [{ name: 'quagga_age', type: 'long' }], intercept: 0, coefficients: {} },
};

export const SEED = {
  users: [
    { user_name: 'quagga@zebra.example', display_name: 'Quagga Person', admin: true, token: 'sandbox-admin-token' },
  ],
  groups: [{ display_name: 'zebra-keepers' }],
  models: [
    { full_name: 'zebra.quagga.stripes', aliases: { quagga: 1 }, versions: [VERSION], comment: 'Zebra stripes' },
  ],
  endpoints: [
    {
      name: 'quagga-stripes',
      description: `Zebra stripes, see ${HOST}`,
      tags: [{ key: 'zebra', value: 'quagga' }],
      config: {
        served_entities: [
          {
            name: 'zebra-entity',
            entity_name: 'zebra.quagga.stripes',
            entity_version: '1',
            workload_size: 'Small',
            scale_to_zero_enabled: true,
            environment_vars: { QUAGGA_KEY: SECRETS.variable },
          },
        ],
      },
    },
  ],
  secret_scopes: [{ name: 'zebra-scope', keys: ['quagga-key'] }],
  apps: [
    {
      name: 'zebra-app',
      resources: [{ name: 'quagga', serving_endpoint: { name: 'quagga-stripes', permission: 'CAN_QUERY' } }],
    },
  ],
  foundation_models: [],
};

/** One secret after the other. */
let turn = 0;
const aSecret = () => Object.values(SECRETS)[turn++ % Object.keys(SECRETS).length] ?? '';

/** Puts a secret into every place of an answer that could be shown: fields, names of fields, words, keys and messages. */
function flooded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flooded);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([key, inner]): [string, unknown] =>
    typeof inner === 'string' && /stat|task|type|level|privilege|kind|suspend|ready|update|size|message/.test(key)
      ? [key, aSecret()]
      : [key, flooded(inner)],
  );
  const more = { [aSecret()]: aSecret(), zebra: { quagga: aSecret() }, 'quagga@zebra.example': true, note: aSecret() };
  return { ...Object.fromEntries(fields), 'quagga-stripes': 1, ...more };
}

export const flood = (): Planted[] => [
  {
    path: /./,
    status: () => true,
    json: flooded,
    headers: (headers) => Object.assign(headers, { 'x-zebra': 'quagga' }),
  },
  {
    path: /metrics/,
    text: () => `# TYPE zebra gauge\nzebra{quagga="${PLANTED_BY_FORM.pat}"} 1\ncpu_usage_percentage{zebra="1"} 2`,
  },
];

/** The texts that show a name or a secret. */
export const shown = (texts: string[]) =>
  texts.filter((text) => NAMES.test(text) || secretsIn(text, SECRETS).length > 0 || /127\.0\.0\.1|zebra/.test(text));
