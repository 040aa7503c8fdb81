import { MINUTE } from '../clock.ts';
import { BIGINT, DOUBLE, INT, STRING, struct, TIMESTAMP } from '../engine/types.ts';
import type { Endpoint, ServedEntity } from '../state/state.ts';
import { boundsOf } from './compute.ts';
import { type Cell, columns, json, type TableDef } from './table.ts';
import { lifetimes, servedEntityId } from './tracked-requests.ts';

/** assumed: sql-lag */
const LAG = 5 * MINUTE;

const COMPUTE = struct({ min_concurrency: INT, max_concurrency: INT, compute_type: STRING });

/** One row for each entity of each config that was active. evidence: sql-entities-table, assumed: sql-entity-rows */
export const SERVED_ENTITIES: TableDef = {
  catalog: 'system',
  schema: 'serving',
  name: 'served_entities',
  comment: 'Entities that endpoints served, one row for each version of a config',
  owner: 'System user',
  lag: LAG,
  grows: false,
  // A change adds a release or a deletion. Both can only follow, but a new row may be as old as the lag.
  stamp: (workspace, to) => {
    const seen = lifetimes(workspace).map(({ endpoint, until }) => [
      endpoint.id,
      endpoint.releases.filter(({ at }) => at < to).length,
      until !== null && until < to,
    ]);
    return JSON.stringify(seen);
  },
  columns: columns({
    served_entity_id: STRING,
    account_id: STRING,
    workspace_id: STRING,
    created_by: STRING,
    endpoint_name: STRING,
    endpoint_id: STRING,
    served_entity_name: STRING,
    entity_type: STRING,
    entity_name: STRING,
    entity_version: STRING,
    endpoint_config_version: INT,
    task: STRING,
    external_model_config: struct({ provider: STRING }),
    foundation_model_config: struct({
      min_provisioned_throughput: BIGINT,
      max_provisioned_throughput: BIGINT,
      provisioned_model_units: DOUBLE,
    }),
    custom_model_config: COMPUTE,
    feature_spec_config: COMPUTE,
    change_time: TIMESTAMP,
    endpoint_delete_time: TIMESTAMP,
  }),
  *rows(workspace, _from, to) {
    const { account_id, org_id } = workspace;
    for (const { endpoint, until } of lifetimes(workspace)) {
      if (endpoint.tile) continue;
      for (const { at, config } of endpoint.releases) {
        if (at >= to) continue;
        for (const entity of config.served_entities) {
          const { name, entity_name, entity_version, external_model } = entity.config;
          const row: Cell[] = [
            servedEntityId(endpoint, config.config_version, name),
            account_id,
            org_id,
            entity.creator ?? 'System user',
            endpoint.name,
            endpoint.id,
            name,
            typeOf(endpoint, entity),
            external_model?.name ?? entity_name ?? name,
            entity_version ?? null,
            config.config_version,
            endpoint.foundation?.task ?? external_model?.task ?? null,
            ...configsOf(endpoint, entity),
            at,
            until !== null && until < to ? until : null,
          ];
          yield row;
        }
      }
    }
  },
};

function typeOf(endpoint: Endpoint, { type, config }: ServedEntity): string {
  if (type === 'EXTERNAL_MODEL') return 'EXTERNAL_MODEL';
  if (endpoint.foundation || isProvisioned(config)) return 'FOUNDATION_MODEL';
  return type === null ? 'FEATURE_SPEC' : 'CUSTOM_MODEL';
}

function isProvisioned({ max_provisioned_throughput, provisioned_model_units }: ServedEntity['config']): boolean {
  return max_provisioned_throughput !== undefined || provisioned_model_units !== undefined;
}

/** The four columns of settings, of which one is set. */
function configsOf(endpoint: Endpoint, entity: ServedEntity): Cell[] {
  const { config } = entity;
  const { external_model, workload_type, min_provisioned_throughput, max_provisioned_throughput } = config;
  const range = boundsOf(config);
  const compute = { min_concurrency: range.min, max_concurrency: range.max, compute_type: workload_type ?? 'CPU' };
  const kind = typeOf(endpoint, entity);
  return [
    json(external_model && { provider: external_model.provider }),
    kind === 'FOUNDATION_MODEL'
      ? json({
          min_provisioned_throughput,
          max_provisioned_throughput,
          provisioned_model_units: config.provisioned_model_units,
        })
      : null,
    kind === 'CUSTOM_MODEL' ? json(compute) : null,
    kind === 'FEATURE_SPEC' ? json(compute) : null,
  ];
}
