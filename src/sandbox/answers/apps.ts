/** Answers of Databricks Apps. */
import { COUNT, closed, FLAG, list, MOMENT, page, TEXT, UUID, words } from './forms.ts';

const RESOURCE = closed(
  ['name'],
  {
    name: TEXT,
    description: TEXT,
    serving_endpoint: closed(['name', 'permission'], {
      name: TEXT,
      permission: words('CAN_MANAGE', 'CAN_QUERY', 'CAN_VIEW'),
    }),
    uc_securable: closed(
      ['securable_full_name', 'securable_type', 'permission'],
      {
        securable_full_name: TEXT,
        securable_type: words('MODEL_SERVICE', 'CONNECTION', 'FUNCTION', 'TABLE', 'VOLUME'),
        permission: words('EXECUTE', 'MODIFY', 'READ_VOLUME', 'SELECT', 'USE_CONNECTION', 'WRITE_VOLUME'),
      },
      { known: 'securable_kind' },
    ),
  },
  { known: 'app database experiment genie_space job postgres secret sql_warehouse' },
);

const DEPLOYMENT = closed(
  ['deployment_id', 'status'],
  {
    deployment_id: TEXT,
    source_code_path: TEXT,
    mode: TEXT,
    creator: TEXT,
    create_time: MOMENT,
    update_time: MOMENT,
    env_vars: list(closed(['name'], { name: TEXT }, { evidence: 'app-variables', known: 'value value_from' })),
    status: closed(['state', 'message'], {
      state: words('SUCCEEDED', 'IN_PROGRESS', 'FAILED', 'CANCELLED'),
      message: TEXT,
    }),
  },
  { known: 'command deployment_artifacts git_source' },
);

/** An app. */
export const APP = closed(
  ['name', 'id', 'url', 'creator', 'create_time', 'service_principal_client_id', 'compute_status', 'app_status'],
  {
    name: TEXT,
    id: UUID,
    description: TEXT,
    url: TEXT,
    creator: TEXT,
    create_time: MOMENT,
    update_time: MOMENT,
    service_principal_client_id: UUID,
    service_principal_id: COUNT,
    service_principal_name: TEXT,
    resources: list(RESOURCE),
    user_api_scopes: list(TEXT),
    effective_user_api_scopes: list(TEXT),
    compute_size: { enum: ['MEDIUM', 'LARGE', 'XLARGE'], evidence: 'app-defaults' },
    forward_user_access_token: FLAG,
    compute_status: closed(
      ['state', 'message'],
      { state: words('ACTIVE', 'STARTING', 'STOPPED', 'STOPPING', 'UPDATING', 'DELETING', 'ERROR'), message: TEXT },
      { known: 'active_instances' },
    ),
    app_status: closed(
      ['state', 'message'],
      { state: words('RUNNING', 'DEPLOYING', 'CRASHED', 'UNAVAILABLE'), message: TEXT },
      { known: 'running_instances' },
    ),
    default_source_code_path: TEXT,
    active_deployment: DEPLOYMENT,
    pending_deployment: DEPLOYMENT,
  },
  {
    known:
      'budget_policy_id compute_max_instances compute_min_instances default_git_source effective_budget_policy_id effective_usage_policy_id git_repository git_source oauth2_app_client_id oauth2_app_integration_id source_code_path space telemetry_export_destinations thumbnail_url updater usage_policy_id',
  },
);

export const APP_PAGE = page('apps', APP);
