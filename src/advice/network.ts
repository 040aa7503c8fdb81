/** Refusals by the network, the workspace or the account, before any object is looked at. */
import { call } from '../refusal.ts';
import type { Row } from './row.ts';
import { checksCreator, creatorNeeds } from './words.ts';

export const NETWORK: readonly Row[] = [
  {
    id: 'ip_access_list',
    words: ['is blocked by Databricks IP ACL for workspace:', 'is blocked by Databricks IP ACL'],
    again: false,
    who: 'workspace admin',
    say: 'An IP access list of the workspace blocks this network address. A workspace admin allows the address in the message, or the user connects over the VPN. No grant helps.',
  },
  {
    id: 'network_policy',
    words: ['Unauthorized network access to workspace:', 'Unauthorized network access'],
    again: false,
    who: 'network admin',
    say: "A network policy of the account refuses this network. The account's network admin changes the ingress policy, or the user takes the private path. The address in the message may be that of a company proxy.",
  },
  {
    id: 'public_access_off',
    words: ['Public access is not allowed for workspace'],
    again: false,
    who: 'caller',
    say: 'The workspace accepts no connections from the public network. Run this server where the private endpoint or the VPN reaches the workspace.',
  },
  {
    id: 'private_link_redirect',
    words: ['private-link-validation-error'],
    codes: ['PRIVATE_LINK_VALIDATION_ERROR'],
    again: false,
    who: 'caller',
    say: 'Run this server inside the network that has the private link to the workspace. Its DNS must resolve the workspace to the private endpoint.',
  },
  {
    id: 'entitlement_missing',
    words: ['This API is disabled for users without the'],
    again: false,
    who: 'workspace admin',
    say: (refusal) =>
      checksCreator(refusal)
        ? creatorNeeds(refusal, 'an admin of the workspace')
        : 'The user or service principal lacks an entitlement. A workspace admin gives it the entitlement that the message names. Unity Catalog grants do not replace it.',
  },
  {
    id: 'not_in_workspace',
    words: ['Unauthorized access to Org:', 'is not an active member of this workspace'],
    again: false,
    who: 'account admin',
    say: (refusal) =>
      checksCreator(refusal)
        ? creatorNeeds(refusal, 'an admin of the account')
        : 'The user or service principal is not in this workspace. An account admin assigns it to the workspace.',
  },
  {
    // The names in the call are not the cause. The status is 404.
    id: 'no_metastore',
    words: ['No metastore assigned for the current workspace'],
    codes: ['METASTORE_DOES_NOT_EXIST'],
    again: false,
    who: 'account admin',
    say: 'This workspace has no metastore, so it has no Unity Catalog and no registered models. An account admin assigns one to it.',
  },
  {
    id: 'serving_not_enabled',
    words: ['Model serving is not enabled for your shard'],
    again: false,
    who: 'databricks',
    say: 'This workspace has no Model Serving: its region or plan lacks it. The name is not the cause. An admin asks Databricks.',
  },
  {
    id: 'account_feature_off',
    words: ['is not enabled for this account', 'is not enabled in your account', 'is not enabled for your account'],
    again: false,
    who: 'account admin',
    say: 'The account lacks the feature that the message names. An account admin requests it. Until then, do not repeat the call.',
  },
  {
    id: 'workspace_feature_off',
    words: [
      'is not enabled for this workspace',
      'are not enabled for this workspace',
      'is not enabled in this workspace',
      'is not enabled for your workspace',
      'is disabled for this workspace',
      'are disabled for this workspace',
      'is disabled in this workspace',
      'is not available in this workspace',
      'disabled by your admin',
      'disabled by an admin',
      'feature is disabled',
      'feature is not enabled',
      'feature is not available',
    ],
    again: false,
    who: 'workspace admin',
    say: 'This workspace has switched off, or lacks, the feature that the message names. A workspace admin can enable it or ask Databricks. Repeat the call without it.',
  },
  {
    id: 'region_lacks_it',
    words: [
      'is not available in your region',
      'is not available in this region',
      'is not supported in your region',
      'is not supported in this region',
    ],
    again: false,
    who: 'workspace admin',
    say: 'The region of this workspace lacks the thing that the message names. Choose another one, or ask the Databricks account team.',
  },
  {
    id: 'provisioned_throughput_off',
    words: ['Provisioned throughput is not enabled for this workspace', 'Provisioned throughput is not enabled'],
    again: false,
    who: 'account admin',
    say: `This workspace has no provisioned throughput. Use workload_size or a pay-per-token endpoint from ${call('list_foundation_models')}, or ask an admin of the account to enable it.`,
  },
  {
    id: 'legacy_gateway_off',
    words: ['AI Gateway legacy endpoint is not available for'],
    again: false,
    who: 'caller',
    say: 'This workspace has no AI Gateway on endpoints. Callers move to model services. If their list is empty, USE CATALOG on system, and USE SCHEMA and EXECUTE on system.ai are missing.',
  },
  {
    // The name of the endpoint is right: similar names would mislead (fact G8).
    id: 'gateway_part_missing',
    words: ['is not currently supported for this endpoint type', 'is not currently supported for this endpoint'],
    again: false,
    who: 'workspace admin',
    say: 'This workspace does not offer that part of the AI Gateway for this kind of endpoint. Repeat the call without it, and tell the user.',
  },
  {
    id: 'feature_off',
    words: [],
    codes: ['FEATURE_DISABLED'],
    order: 'last',
    again: false,
    who: 'workspace admin',
    say: 'A feature is disabled: the one that the message names. The names in the call are not the cause. An admin of the workspace or account can enable it. Repeat the call without it.',
  },
  {
    id: 'ai_function_off',
    words: ['has been disabled explicitly for ai_query'],
    again: false,
    who: 'workspace admin',
    say: 'The AI functions are off here. A workspace admin checks the region, the type of the warehouse and the preview settings.',
  },
  {
    id: 'cross_region_off',
    words: ['is not available when cross-region processing is disabled'],
    again: false,
    who: 'workspace admin',
    say: 'This needs cross-region processing. A workspace admin allows it, or the caller omits the feature that the message names.',
  },
  {
    id: 'platform_limit_zero',
    words: ['temporarily disabled due to a Databricks-set rate limit of 0', 'Databricks-set rate limit of 0'],
    again: false,
    who: 'databricks',
    say: `Databricks set the rate limit of this model to 0. No one in the workspace can raise it. Choose another model (${call('list_foundation_models')}), or ask the Databricks account team.`,
  },
];
