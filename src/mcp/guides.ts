/** Short guides, loaded when an agent asks for one. */

export interface Guide {
  topic: string;
  title: string;
  text: string;
}

export const GUIDES: readonly Guide[] = [
  {
    topic: 'readiness',
    title: 'When an endpoint really serves',
    text: `An endpoint has two flags that speak of different things. state.ready is about the active config: during a swap it stays READY because the old version serves. state.config_update is about the latest update: NOT_UPDATING, IN_PROGRESS, UPDATE_FAILED or UPDATE_CANCELED, and a failed one stays until the next update.
Neither says that the version you asked for serves. wait_for_endpoint with "version" does: it ends with outcome "ready" only when the update is over, the version is in the active config, and its entity is deployed.
Typical times: a small CPU model about 10 minutes, an agent about 15, large GPU models up to two hours after the image is built. outcome "waiting" is no failure: make the call in "next".
outcome "failed" comes with the entity's message and the log lines that matter. A first deployment that failed leaves an endpoint that serves nothing; a failed update leaves the old config serving.
"scaled to zero" is ready: the first request wakes it and waits 10 to 20 seconds, sometimes minutes.`,
  },
  {
    topic: 'version-swap',
    title: 'Swapping a model version with no downtime',
    text: `One call: swap_version {"endpoint":"…","version":"3","alias":"champion"}. It keeps size, type, scaling, variables, instance profile, sibling entities and the gateway, waits until version 3 serves, and moves the alias last. If version 3 does not come up the old one goes on serving and the alias stays where it was.
Look first with dry_run: it lists each field that would change and a fingerprint; give it as if_fingerprint to make sure that nobody changed the endpoint meanwhile.
"probe" sends one request to the new entity when it has its traffic, before the alias moves; to try a version before it gets any, swap with "traffic_percent":0 and query it by "entity".
When outcome is "waiting", make the call in "next": it goes on with the same update and starts no second one.
The "undo" field holds the call that brings the old version back, and the alias, also after a swap in several calls.`,
  },
  {
    topic: 'canary',
    title: 'A canary by hand',
    text: `1. swap_version {"endpoint":"e","version":"3","traffic_percent":10}: the new version gets 10 %, the old one keeps the rest.
2. get_metrics {"endpoint":"e"}: compares error shares and latency of the two. Mind the number of requests: under 30 a minute a difference says little.
3. set_traffic {"endpoint":"e","traffic":{"m-2":50,"m-3":50}}, look again, then {"m-2":0,"m-3":100}.
4. update_endpoint {"endpoint":"e","remove_entities":["m-2"]}, then set_alias {"model":"c.s.m","alias":"champion","version":"3"}.
Steps 3 and 4 can be one: swap_version {"endpoint":"e","version":"3","alias":"champion"} gives it all traffic, removes the old entity and moves the alias.
Each answer names in "undo" the call that takes the step back.`,
  },
  {
    topic: 'limits',
    title: 'Rate limits and the AI Gateway',
    text: `set_rate_limits adds, changes and removes single limits; guardrails, usage tracking, fallback and inference table stay. Keys: endpoint (everybody together), user (each user, or one by e-mail), user_group, service_principal (by application id). Calls or tokens, always per minute. 0 lets nobody through and queries then fail with 403.
A query that fails with 429: "Exceeded workspace …" in its words is the workspace's quota for a foundation model, which only the account team raises; otherwise it is a limit of this endpoint, see get_endpoint.
update_ai_gateway changes the other parts one by one. Foundation-model endpoints take limits too, though their config cannot be changed.`,
  },
  {
    topic: 'troubleshooting',
    title: 'When something does not work',
    text: `- Cannot log in: the error lists what each method lacked. Usually: give --profile, or run databricks auth login.
- 403 PERMISSION_DENIED: CAN_VIEW to look, CAN_QUERY to ask, CAN_MANAGE to change. get_permissions, update_permissions. An app needs the endpoint as a resource: attach_to_app.
- Stuck in NOT_READY: wait_for_endpoint tells the phase; provisioned throughput can take 30 minutes. get_logs with log "build", then "service".
- 404 on a query: the name is wrong, or the endpoint does not serve yet.
- Failed deployment: get_logs shows the key liness first. "No module named": the model's requirements do not fit what it was trained with. "No space left" or "Out of memory": a larger workload_type. "does not have permission": the endpoint's creator lacks a right on something the model uses.
- The endpoint is missing in the Serving page: its filter shows "Owned by me" first, and jobs deploy as a service principal. list_endpoints shows it.`,
  },
];
