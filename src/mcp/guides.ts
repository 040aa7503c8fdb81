/** Short guides that an agent loads when it needs them. */

export interface Guide {
  topic: string;
  title: string;
  /** The tool that the guide is about. Without it the guide is of no use. */
  about: string;
  text: string;
}

export const GUIDES: readonly Guide[] = [
  {
    topic: 'readiness',
    title: 'When an endpoint really serves',
    about: 'wait_for_endpoint',
    text: `An endpoint has two flags with different meanings. state.ready describes the active config: during a swap it stays READY because the old version still serves. state.config_update describes the latest update: NOT_UPDATING, IN_PROGRESS, UPDATE_FAILED or UPDATE_CANCELED. A failed update keeps this flag until the next update.
Neither flag shows that the version you asked for serves. wait_for_endpoint with "version" does: outcome is "ready" only when the update is over, the version is in the active config and its entity is deployed.
Typical times: about 10 minutes for a small CPU model, about 15 for an agent, up to two hours for a large GPU model after its image is built. outcome "waiting" is not a failure: make the call in "next".
outcome "failed" comes with the entity's message and the relevant log lines. If the first deployment fails, the endpoint serves nothing. If an update fails, the old config keeps serving.
A wait for a stopped endpoint fails at once with code "stopped": no query wakes it. update_endpoint with "start":true starts it, and so does every config update; it then costs money.
An endpoint that is "scaled to zero" counts as ready. The first request wakes it and waits 10 to 20 seconds, sometimes minutes.`,
  },
  {
    topic: 'version-swap',
    title: 'Swap a model version with no downtime',
    about: 'swap_version',
    text: `Use one call: swap_version {"endpoint":"…","version":"3","alias":"champion"}. It keeps size, type, scaling, variables, instance profile, other entities and the gateway. environment_vars and remove_environment_vars change variables in the same deployment. It waits until version 3 serves and moves the alias last. If version 3 fails to deploy, the old version keeps serving and the alias stays where it is.
Start with dry_run: it lists each field that would change and a fingerprint. Pass this fingerprint as if_fingerprint to make sure that the endpoint has not changed since.
"probe" sends one request to the new entity once it has traffic, before the alias moves. To test a version before it gets traffic, swap with "traffic_percent":0 and query it by "entity".
When outcome is "waiting", make the call in "next": it continues the same update and does not start a second one.
The "undo" field shows how to bring back the old version and the alias, even after a swap that took several calls.`,
  },
  {
    topic: 'canary',
    title: 'Run a canary',
    about: 'roll_out',
    text: `Usually one tool does it: roll_out {"endpoint":"e","version":"3","alias":"champion"}. It deploys version 3 next to the old one, shifts the traffic in steps, compares the errors and latency of both, and rolls back on evidence. Start with dry_run. Then make the call in "next" after come_back_in_seconds, until outcome is done, held, rolled_back or failed. On held, ask the user. If the traffic is too thin, it says so and offers a plan, or takes "probes".
By hand, for an A/B test or where roll_out refuses:
1. swap_version {"endpoint":"e","version":"3","traffic_percent":10}: the new version gets 10 %, the old one keeps the rest.
2. get_metrics {"endpoint":"e","minutes":3,"watch":true} compares the two. Fewer than 30 requests prove nothing.
3. set_traffic {"endpoint":"e","traffic":{"m-2":50,"m-3":50}}, and check the metrics again.
4. swap_version {"endpoint":"e","version":"3","alias":"champion"} gives the new version all traffic, removes the old entity and moves the alias.
The "undo" field of each answer shows how to undo the step.`,
  },
  {
    topic: 'limits',
    title: 'Rate limits and the AI Gateway',
    about: 'set_rate_limits',
    text: `set_rate_limits adds, changes and removes single limits. Guardrails, usage tracking, fallback and the inference table stay. A limit applies to endpoint (all callers together), user (each user, or one user by e-mail), user_group (all members together) or service_principal (by name or application id). It counts calls or tokens per minute. A limit of 0 blocks all queries, which then fail with 403.
Limits combine: the endpoint limit always counts. Besides it, a caller's own limit outranks those of groups, and a group limit outranks the one for each user. A caller in several limited groups is refused once all of them are used up.
When a query fails with 429, read the message. "Exceeded workspace …" is the workspace quota for a foundation model, which only your Databricks account team can raise. Otherwise it is a limit of this endpoint; see get_endpoint.
update_ai_gateway changes the other parts one by one. Foundation-model endpoints accept limits too, although their config cannot be changed.`,
  },
  {
    topic: 'troubleshooting',
    title: 'When something does not work',
    about: 'get_endpoint',
    text: `- Login fails: the error lists what each method lacks. Usually you need --profile or databricks auth login.
- 403 PERMISSION_DENIED: you need CAN_VIEW to view, CAN_QUERY to query and CAN_MANAGE to change an endpoint. See get_permissions and update_permissions. An app needs the endpoint as a resource: attach_to_app.
- Stuck in NOT_READY: wait_for_endpoint shows the phase. Provisioned throughput can take 30 minutes. Read get_logs with log "build", then "service".
- 404 on a query: the name is wrong, or the endpoint does not serve yet.
- Failed deployment: get_logs shows the key lines first, and a remedy where they prove the cause. It reads the failed update, also while an older config serves. With log "events" it lists what happened, such as a build that was tried three times.
- Endpoint missing on the Serving page: its filter defaults to "Owned by me", and jobs deploy as a service principal. list_endpoints shows it.`,
  },
];
