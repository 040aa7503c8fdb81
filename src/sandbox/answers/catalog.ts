/** Answers of Unity Catalog: models, versions, and what is around them. Fields that only official clients know are those of databricks-sdk-go. */
import { COUNT, closed, list, page, type Schema, seenIn, TEXT, TIME, words } from './forms.ts';

const ALIAS = closed(
  ['alias_name', 'version_num'],
  { alias_name: TEXT, version_num: COUNT, catalog_name: TEXT, schema_name: TEXT, model_name: TEXT },
  { known: 'id' },
);

const TAGS = list(closed(['key'], { key: TEXT, value: TEXT }));

const rowFields = {
  catalog_name: TEXT,
  schema_name: TEXT,
  comment: TEXT,
  metastore_id: TEXT,
  created_at: TIME,
  created_by: TEXT,
  updated_at: TIME,
  updated_by: TEXT,
  storage_location: TEXT,
  aliases: list(ALIAS),
  tags: TAGS,
};

const MODEL_KEYS = ['name', 'full_name', 'owner', 'metastore_id'];

/** A registered model. */
export const REGISTERED_MODEL = closed(
  MODEL_KEYS,
  { ...rowFields, name: TEXT, full_name: TEXT, owner: TEXT },
  { evidence: 'catalog-routes', known: 'browse_only' },
);

/** A model version. Its number is an integer. */
export const MODEL_VERSION = closed(
  ['model_name', 'version', 'status'],
  {
    ...rowFields,
    model_name: TEXT,
    version: { type: 'integer', minimum: 1 },
    status: words('PENDING_REGISTRATION', 'READY', 'FAILED_REGISTRATION', 'MODEL_VERSION_STATUS_UNKNOWN'),
    source: TEXT,
    run_id: { type: 'string', pattern: '^[0-9a-f]{32}$', evidence: 'version-origin' },
    run_workspace_id: seenIn('version-origin', { type: 'integer' }),
    id: TEXT,
  },
  { evidence: 'catalog-routes', known: 'browse_only model_version_dependencies' },
);

export const MODEL_PAGE = page('registered_models', REGISTERED_MODEL);
export const VERSION_PAGE = page('model_versions', MODEL_VERSION);

const around = (required: string[], properties: Record<string, Schema>, known: string): Schema =>
  closed(required, properties, { evidence: 'catalog-objects', known });

export const CATALOG = around(
  ['name', 'owner', 'catalog_type', 'metastore_id'],
  {
    name: TEXT,
    full_name: TEXT,
    owner: TEXT,
    catalog_type: words(
      'MANAGED_CATALOG',
      'SYSTEM_CATALOG',
      'DELTASHARING_CATALOG',
      'FOREIGN_CATALOG',
      'INTERNAL_CATALOG',
      'MANAGED_ONLINE_CATALOG',
    ),
    metastore_id: TEXT,
  },
  'browse_only comment connection_name created_at created_by custom_max_retention_hours effective_predictive_optimization_flag enable_predictive_optimization isolation_mode managed_encryption_settings options properties provider_name provisioning_info securable_type share_name storage_location storage_root updated_at updated_by',
);

export const SCHEMA = around(
  ['name', 'catalog_name', 'full_name', 'owner', 'metastore_id'],
  { name: TEXT, catalog_name: TEXT, full_name: TEXT, owner: TEXT, metastore_id: TEXT },
  'browse_only catalog_type comment created_at created_by custom_max_retention_hours effective_predictive_optimization_flag enable_predictive_optimization properties schema_id storage_location storage_root updated_at updated_by',
);

export const METASTORE = around(
  ['metastore_id', 'name', 'owner', 'cloud'],
  { metastore_id: TEXT, name: TEXT, owner: TEXT, cloud: words('aws', 'azure', 'gcp'), global_metastore_id: TEXT },
  'created_at created_by default_data_access_config_id delta_sharing_organization_name delta_sharing_recipient_token_lifetime_in_seconds delta_sharing_scope external_access_enabled privilege_model_version region storage_root storage_root_credential_id storage_root_credential_name updated_at updated_by',
);
