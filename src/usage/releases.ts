/** What served when: the config versions of endpoints, from the only history that the service keeps (fact W9). Pure. */
import { timeText } from '../text/time.ts';
import type { Query } from './statement.ts';
import { type Row, textIn, timeIn } from './table.ts';

const MAX_ROWS = 1_000;

/**
 * The entities of all config versions that were valid at some time of the window. A version is valid until the next one of its endpoint, or until the
 * endpoint was deleted. Foundation models have no endpoint id.
 */
export const RELEASES: Query = {
  text: `WITH versions AS (
  SELECT COALESCE(endpoint_id, endpoint_name) AS endpoint_key, endpoint_config_version, MIN(change_time) AS started
  FROM system.serving.served_entities
  WHERE change_time < :until
    AND (:workspace IS NULL OR workspace_id = :workspace)
    AND (:endpoint IS NULL OR endpoint_name = :endpoint)
    AND (:endpoint_id IS NULL OR endpoint_id = :endpoint_id)
  GROUP BY 1, 2
), spans AS (
  SELECT endpoint_key, endpoint_config_version, started,
    LEAD(started) OVER (PARTITION BY endpoint_key ORDER BY started) AS ended
  FROM versions
)
SELECT e.endpoint_name AS endpoint, s.endpoint_key AS endpoint_key, e.endpoint_config_version AS config_version,
  s.started AS started, s.ended AS ended, e.endpoint_delete_time AS deleted, e.created_by AS created_by,
  e.served_entity_name AS entity, e.entity_type AS entity_type, e.entity_name AS model, e.entity_version AS version
FROM system.serving.served_entities AS e
JOIN spans AS s
  ON s.endpoint_key = COALESCE(e.endpoint_id, e.endpoint_name) AND s.endpoint_config_version = e.endpoint_config_version
WHERE (s.ended IS NULL OR s.ended > :since)
  AND (e.endpoint_delete_time IS NULL OR e.endpoint_delete_time > :since)
  AND (:workspace IS NULL OR e.workspace_id = :workspace)
ORDER BY started DESC
LIMIT ${MAX_ROWS + 1}`,
  needs: {
    'system.serving.served_entities': [
      'workspace_id',
      'endpoint_id',
      'endpoint_name',
      'endpoint_config_version',
      'change_time',
      'endpoint_delete_time',
      'created_by',
      'served_entity_name',
      'entity_type',
      'entity_name',
      'entity_version',
    ],
  },
  returns: [
    'endpoint',
    'endpoint_key',
    'config_version',
    'started',
    'ended',
    'deleted',
    'created_by',
    'entity',
    'entity_type',
    'model',
    'version',
  ],
  rowLimit: MAX_ROWS,
};

/** A config version, with the entities that it served. */
export interface Release {
  endpoint: string;
  configVersion: string | undefined;
  by: string[];
  /** Milliseconds since 1970. */
  from: number | undefined;
  /** Undefined: it was still valid at the end of the window. */
  until: number | undefined;
  /** When the endpoint was deleted, if it was. */
  deleted: number | undefined;
  /** A model of Databricks that each workspace has. No one in the workspace releases it. */
  platform: boolean;
  entities: { entity: string; serves: string; kind: string | undefined }[];
}

/** The config versions of a result, the newest first. */
export function releasesOf(rows: readonly Row[]): Release[] {
  const releases = new Map<string, Release>();
  for (const row of rows) {
    const configVersion = textIn(row, 'config_version');
    const key = JSON.stringify([textIn(row, 'endpoint_key'), configVersion]);
    const [ended, deleted] = [timeIn(row, 'ended'), timeIn(row, 'deleted')];
    const release = releases.get(key) ?? {
      endpoint: textIn(row, 'endpoint') ?? 'unknown',
      configVersion,
      by: [],
      from: timeIn(row, 'started'),
      until: ended ?? deleted,
      deleted,
      platform: false,
      entities: [],
    };
    const by = textIn(row, 'created_by');
    const [model, version] = [textIn(row, 'model'), textIn(row, 'version')];
    const entity = {
      entity: textIn(row, 'entity') ?? 'unknown',
      serves: [model, version].filter(Boolean).join(' '),
      kind: textIn(row, 'entity_type')?.toLowerCase(),
    };
    releases.set(key, {
      ...release,
      platform: entity.kind === 'foundation_model' && textIn(row, 'endpoint_key') === release.endpoint,
      by: by === undefined || release.by.includes(by) ? release.by : [...release.by, by],
      // A row may be repeated when something but the config changed.
      entities: release.entities.some((each) => each.entity === entity.entity)
        ? release.entities
        : [...release.entities, entity],
    });
  }
  return [...releases.values()].sort((a, b) => (b.from ?? 0) - (a.from ?? 0));
}

/** A release as an answer shows it. */
export function releaseView(
  { endpoint, configVersion, by, from, until, deleted, entities }: Release,
  withEndpoint: boolean,
): Record<string, unknown> {
  const version =
    configVersion !== undefined && /^\d{1,9}$/.test(configVersion) ? Number(configVersion) : configVersion;
  return {
    endpoint: withEndpoint ? endpoint : undefined,
    config_version: version,
    from: timeText(from),
    until: timeText(until),
    by: by.join(', '),
    deleted: timeText(deleted),
    entities: entities.map(({ entity, serves, kind }) =>
      [
        entity,
        serves === '' || serves === entity ? undefined : `(${serves})`,
        kind === 'custom_model' ? undefined : kind,
      ]
        .filter(Boolean)
        .join(' '),
    ),
  };
}
