/** The name that was meant by an unknown one: names of the REST API, of its older versions and of other clients, then similar names. */
import { closest } from './did-you-mean.ts';

/** By a name that a tool may know: the names that others use for it. */
const OTHER_NAMES: Record<string, readonly string[]> = {
  endpoint: ['endpoint_name', 'serving_endpoint', 'serving_endpoint_name'],
  entities: ['served_entities', 'served_models'],
  add_entities: ['served_entities', 'served_models', 'entities'],
  entity: ['served_entity', 'served_entity_name', 'served_model', 'served_model_name', 'entity_name'],
  entity_name: ['model_name', 'model', 'registered_model', 'registered_model_name', 'full_name'],
  entity_version: ['model_version', 'version'],
  model: ['model_name', 'full_name', 'registered_model', 'registered_model_name', 'entity_name'],
  version: ['model_version', 'entity_version', 'version_num', 'version_number'],
  alias: ['alias_name'],
  scale_to_zero: ['scale_to_zero_enabled'],
  scale_to_zero_enabled: ['scale_to_zero'],
  min_concurrency: ['min_provisioned_concurrency'],
  max_concurrency: ['max_provisioned_concurrency'],
  min_provisioned_concurrency: ['min_concurrency'],
  max_provisioned_concurrency: ['max_concurrency'],
  model_units: ['provisioned_model_units'],
  provisioned_model_units: ['model_units'],
  environment_vars: ['env', 'env_vars', 'environment', 'environment_variables', 'variables'],
  traffic: ['traffic_config', 'traffic_split', 'routes'],
  traffic_percent: ['traffic_percentage', 'percent', 'percentage', 'traffic', 'canary_percent'],
  notifications: ['email_notifications'],
  tags: ['add_tags'],
  remove_tags: ['delete_tags'],
  usage_tracking: ['usage_tracking_config'],
  inference_table: ['inference_table_config', 'auto_capture_config'],
  fallback: ['fallback_config'],
  grant: ['grants', 'permissions', 'access_control_list'],
  principal: ['user', 'user_name', 'group', 'group_name', 'service_principal', 'service_principal_name'],
  level: ['permission', 'permission_level'],
  permission: ['level', 'permission_level'],
  set: ['limits', 'rate_limits'],
  resource_name: ['key', 'resource'],
  wait_seconds: ['timeout', 'timeout_seconds'],
  timeout_seconds: ['timeout', 'wait_seconds'],
};

/** The known name that a word means. Undefined when none is likely. */
export function meantName(word: string, known: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  return known.find((name) => OTHER_NAMES[name]?.includes(wanted)) ?? closest(word, known);
}
