/** How rows of the evidence about endpoints are judged. Pure. */
import { isObject } from '../rest/json.ts';
import { asExpected } from './contract-asked.ts';
import { type Check, each, entitiesIn, type Facts, stateOf } from './contract-facts.ts';

type Json = Record<string, unknown>;

/** A row that a plain answer proves: one of these questions is answered as expected, and no field that relies on the row differs. */
const answered = (row: string, by: string[], needs = 'no answer shows it'): Check => ({ row, by, needs });

const LIST = ['list'];
const REFUSED = ['endpoint-missing', 'access-missing', 'model-missing'];
const stateOfItem = ({ state }: Json): Json => (isObject(state) ? state : {});
const isFoundation = ({ id, endpoint_type }: Json) => id === undefined || endpoint_type === 'FOUNDATION_MODEL_API';
const entities = (facts: Facts) =>
  facts.details().flatMap((detail) => [...entitiesIn(detail.config), ...entitiesIn(detail.pending_config)]);

/** Messages of entities whose deployment runs, as the sandbox has them. */
const ON_THE_WAY = [
  'Creating resources for served entity.',
  'Container creation pending.',
  'Deploying served entities',
  '',
];
const FAILURES = /^(?:Container creation failed\.|An error occurred in model loading code)/;

/** Midnight in UTC, or the time of those whose day is unknown. */
const UNKNOWN_DAY = 1_699_610_000_000;
const DAY = 24 * 60 * 60_000;

export const ENDPOINT_CHECKS: readonly Check[] = [
  answered('not-found-control', ['endpoint-missing']),
  {
    row: 'request-info',
    by: REFUSED,
    needs: 'nothing was refused',
    judge: (facts) =>
      each(
        REFUSED.flatMap((id) => {
          const asked = facts.asked(id);
          const body = asked && asExpected(asked) ? asked.reply?.body : undefined;
          return isObject(body) && 'error_code' in body ? [body] : [];
        }),
        ({ details }) =>
          Array.isArray(details) && details.some((one) => isObject(one) && /RequestInfo$/.test(String(one['@type']))),
        { pointer: '/details', sandbox: 'a RequestInfo', service: 'absent, or without one' },
      ),
  },
  answered('permission-by-name', ['access-by-name'], 'no endpoint with an id is listed'),
  answered('permission-id-text', ['access-missing']),
  answered('no-credential-text', ['unsigned']),
  answered('foundation-list', ['foundation-models']),
  answered('list-fields', LIST),
  answered('request-headers', ['me', 'list']),
  answered('oauth-routes', ['host']),
  {
    row: 'empty-lists',
    by: LIST,
    needs: 'every listed endpoint has tags and a config, so no list was empty',
    judge: (facts) => (facts.items().some(({ tags }) => tags === undefined) ? true : undefined),
  },
  {
    row: 'state-fields',
    by: LIST,
    needs: 'no endpoint is listed',
    judge(facts) {
      const has = (row: Json) => ['suspend', 'system_update_failure'].filter((name) => name in stateOfItem(row)).length;
      const wanted = (row: Json) => (isFoundation(row) || row.tile_endpoint_metadata !== undefined ? 0 : 2);
      return each(facts.items(), (row) => has(row) === wanted(row), {
        pointer: '/endpoints/*/state',
        sandbox: 'suspend and system_update_failure on custom and external endpoints, and on no others',
        service: 'has them elsewhere, or not there',
      });
    },
  },
  {
    row: 'foundation-created',
    by: LIST,
    needs: 'no foundation model is listed',
    judge: (facts) =>
      each(
        facts.items().filter(isFoundation),
        ({ creation_timestamp: time }) => time === UNKNOWN_DAY || Number(time) % DAY === 0,
        {
          pointer: '/endpoints/*/creation_timestamp',
          sandbox: 'midnight in UTC, or one fixed time',
          service: 'another moment',
        },
      ),
  },
  {
    row: 'tile-endpoint',
    by: ['endpoint.tile', ...LIST],
    needs: 'no endpoint of Agent Bricks is listed',
    judge: (facts) =>
      each(facts.details('tile'), ({ config }) => isObject(config) && Object.keys(config).length === 0, {
        pointer: '/config',
        sandbox: 'an empty object',
        service: 'something else',
      }),
  },
  {
    row: 'pending-config',
    by: ['endpoint.updating', ...LIST],
    needs: 'no endpoint is being updated',
    judge: (facts) =>
      each(facts.details('updating'), ({ pending_config }) => isObject(pending_config), absent('/pending_config')),
  },
  {
    row: 'failed-update',
    by: ['endpoint.failed', ...LIST],
    needs: 'no endpoint has a failed update',
    judge: (facts) =>
      each(
        facts.details('failed'),
        ({ pending_config }) => {
          const states = entitiesIn(pending_config).map((entity) => stateOf(entity).deployment);
          return states.includes('DEPLOYMENT_FAILED') || states.includes('DEPLOYMENT_ABORTED');
        },
        {
          pointer: '/pending_config',
          sandbox: 'there, with entities that are FAILED or ABORTED',
          service: 'absent, or without them',
        },
      ),
  },
  {
    row: 'cancel-keeps-pending',
    by: ['endpoint.canceled', ...LIST],
    needs: 'no endpoint has a canceled update',
    judge: (facts) =>
      each(
        facts.details('canceled'),
        ({ pending_config }) =>
          entitiesIn(pending_config).some((entity) => stateOf(entity).deployment === 'DEPLOYMENT_ABORTED'),
        { pointer: '/pending_config', sandbox: 'there, with ABORTED entities', service: 'absent, or without them' },
      ),
  },
  {
    row: 'no-config',
    by: ['endpoint.without-config', ...LIST],
    needs: 'no endpoint is without a config',
    judge: (facts) =>
      each(
        facts.details('without-config').filter(({ pending_config }) => pending_config === undefined),
        ({ state }) => isObject(state) && state.ready === 'NOT_READY' && state.config_update === 'NOT_UPDATING',
        { pointer: '/state', sandbox: 'NOT_READY and NOT_UPDATING', service: 'another state' },
      ),
  },
  {
    row: 'stopped-state',
    by: ['endpoint.stopped', ...LIST],
    needs: 'no endpoint is stopped',
    judge: (facts) =>
      each(
        facts.details('stopped'),
        ({ state, config }) =>
          isObject(state) &&
          state.ready === 'NOT_READY' &&
          state.config_update === 'NOT_UPDATING' &&
          entitiesIn(config).every((entity) => {
            const { deployment, message } = stateOf(entity);
            return deployment === 'DEPLOYMENT_STOPPED' && message === 'Stopped';
          }),
        {
          pointer: '/state',
          sandbox: "NOT_READY, NOT_UPDATING, and entities that are DEPLOYMENT_STOPPED 'Stopped'",
          service: 'another state',
        },
      ),
  },
  {
    row: 'scaled-to-zero',
    by: LIST,
    needs: 'no entity is scaled to zero',
    judge: (facts) =>
      each(
        facts
          .details()
          .filter(({ config }) => entitiesIn(config).some((entity) => stateOf(entity).message === 'Scaled to zero')),
        ({ state }) => isObject(state) && state.ready === 'READY',
        { pointer: '/state/ready', sandbox: 'READY', service: 'another word' },
      ),
  },
  {
    row: 'message-order',
    by: ['endpoint.updating', ...LIST],
    needs: 'no entity is being deployed',
    judge: (facts) =>
      each(
        entities(facts)
          .map(stateOf)
          .filter(({ deployment }) => deployment === 'DEPLOYMENT_CREATING'),
        ({ message }) => ON_THE_WAY.includes(message),
        {
          pointer: '/pending_config/served_entities/*/state/deployment_state_message',
          sandbox: 'one of four messages',
          service: 'another message',
        },
      ),
  },
  {
    row: 'message-failed',
    by: ['endpoint.failed', ...LIST],
    needs: 'no entity has failed',
    judge: (facts) =>
      each(
        entities(facts)
          .map(stateOf)
          .filter(({ deployment }) => deployment === 'DEPLOYMENT_FAILED'),
        ({ message }) => FAILURES.test(message),
        {
          pointer: '/pending_config/served_entities/*/state/deployment_state_message',
          sandbox: 'one of two beginnings',
          service: 'another beginning',
        },
      ),
  },
  {
    row: 'default-names',
    by: LIST,
    needs: 'every entity has a name of its own',
    judge: (facts) =>
      entities(facts).some(({ name, entity_name, entity_version }) => {
        const leaf = String(entity_name ?? '')
          .split('.')
          .at(-1);
        return entity_version !== undefined && name === `${leaf}-${String(entity_version)}`;
      })
        ? true
        : undefined,
  },
  {
    row: 'write-only-fields',
    by: ['endpoint.custom', 'endpoint.external', ...LIST],
    needs: 'no endpoint with settings was read',
    judge(facts) {
      const read = facts.details();
      const shown = /"(?:\w+_plaintext|burst_scaling_enabled)":/;
      return each(read, (detail) => !shown.test(JSON.stringify(detail)), {
        pointer: '/config/served_entities/*',
        sandbox: 'never has a field that only a write has',
        service: 'has one',
      });
    },
  },
  {
    row: 'budget-policy',
    by: LIST,
    needs: 'no endpoint that was read has a budget policy',
    judge: (facts) =>
      each(
        facts.details().filter((detail) => 'budget_policy_id' in detail || 'effective_budget_policy_id' in detail),
        (detail) => !('budget_policy_id' in detail),
        { pointer: '/budget_policy_id', sandbox: 'no such field', service: 'sent' },
      ),
  },
  {
    row: 'table-off-names',
    by: LIST,
    needs: 'no endpoint has an inference table that is off',
    judge: (facts) =>
      each(
        [...facts.items(), ...facts.details()]
          .map(({ ai_gateway }) => (isObject(ai_gateway) ? ai_gateway.inference_table_config : undefined))
          .filter((table) => isObject(table) && table.enabled === false),
        (table) => isObject(table) && 'catalog_name' in table,
        absent('/ai_gateway/inference_table_config/catalog_name'),
      ),
  },
  {
    row: 'update-time',
    by: LIST,
    needs: 'every ready endpoint that was read has been changed since',
    judge: (facts) =>
      facts
        .details('custom', 'agent', 'language-model')
        .some((detail) => detail.last_updated_timestamp === detail.creation_timestamp && detail.config !== undefined)
        ? true
        : undefined,
  },
  {
    row: 'acl-by-id',
    by: ['access.custom'],
    needs: 'no endpoint with an id was read',
    judge: (facts) =>
      each(
        [facts.body('access.custom')].filter((body) => body !== undefined),
        (list) => /"inherited":true/.test(JSON.stringify(list)),
        {
          pointer: '/access_control_list/*/all_permissions/*/inherited',
          sandbox: 'admins have an inherited grant',
          service: 'no grant is inherited',
        },
      ),
  },
  answered('tile-config', ['metrics.tile'], 'no endpoint of Agent Bricks is listed'),
  answered('logs-missing', ['logs.external', 'logs.foundation'], 'no external and no foundation model is listed'),
];

function absent(pointer: string) {
  return { pointer, sandbox: 'there', service: 'absent' };
}
