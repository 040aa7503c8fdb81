import { shapeCheck } from '../check-body.ts';
import { invalid } from '../errors.ts';
import type { ModelService, ServiceConfig, ServiceRateLimit } from '../state/model-service.ts';
import type { Principal, Workspace } from '../state/state.ts';
import { MODEL_SERVICE_BODY } from './body-schemas.ts';
import { checkUniqueNames, type Gone, readFallbacks, readPrimaries, type SentDestination } from './destinations.ts';
import { readTable, type SentTable } from './inference-table.ts';
import { readLimits } from './rate-limits.ts';
import { requireDestinations } from './rights.ts';
import type { MaskRules, UpdateMask } from './update-mask.ts';

interface SentConfig {
  routing?: { destinations?: SentDestination[]; fallback?: { destinations?: SentDestination[] } };
  rate_limits?: ServiceRateLimit[];
  inference_table?: SentTable;
  service_policies?: { name: string }[];
}

/** The body of a create or an update. assumed: gateway-body-strict */
export const checkServiceBody = shapeCheck<{ name?: string; comment?: string; config?: SentConfig }>(
  MODEL_SERVICE_BODY,
);

const PRIMARIES = 'config.routing.destinations';
const FALLBACKS = 'config.routing.fallback.destinations';
export const ROUTING = [PRIMARIES, FALLBACKS];
const LIMITS = 'config.rate_limits';
const TABLE = 'config.inference_table';

/** evidence: gateway-control-routes */
export const SERVICE_MASK: MaskRules = {
  method: 'UpdateModelService',
  paths: ['comment', ...ROUTING, LIMITS, TABLE],
  between: ['config.routing', 'config.routing.fallback'],
};

const EVERYTHING: UpdateMask = { names: () => true, whole: true };

/** A service, as far as its config depends on it. */
interface Owned {
  workspace: Workspace;
  caller: Principal;
  full_name: string;
  /** Undefined for a new service. */
  before: ModelService | undefined;
}

/**
 * The config that a body makes. A field that the mask does not name keeps its value, and one that the body omits is cleared. Throws 400 for
 * a wrong config, 404 for something that it names and that is missing, and 403 for a missing right.
 */
export function readConfig(sent: SentConfig | undefined, owned: Owned, mask: UpdateMask = EVERYTHING): ServiceConfig {
  const config = readFields(sent, owned, mask);
  const changed = [
    ...(mask.names(PRIMARIES) ? config.destinations : []),
    ...(mask.names(FALLBACKS) ? (config.fallbacks ?? []) : []),
  ];
  requireDestinations(owned.workspace, owned.caller, owned.before?.owner, changed);
  return config;
}

/** The same, whatever the caller may do with the destinations. A seed may mark some as gone. */
export function readFields(
  sent: SentConfig | undefined,
  { workspace, caller, full_name, before: service }: Owned,
  mask: UpdateMask = EVERYTHING,
  gone: Gone = 'refused',
): ServiceConfig {
  if (!sent) throw invalid('Missing required field: config.');
  const before = service?.config;
  const { routing, rate_limits, inference_table } = sent;
  const fallbacks = routing?.fallback?.destinations;
  const config: ServiceConfig = {
    destinations:
      mask.names(PRIMARIES) || !before ? readPrimaries(workspace, routing?.destinations, gone) : before.destinations,
    fallbacks: mask.names(FALLBACKS)
      ? fallbacks
        ? readFallbacks(workspace, fallbacks, gone)
        : null
      : (before?.fallbacks ?? null),
    rate_limits: mask.names(LIMITS) ? readLimits(workspace, rate_limits) : (before?.rate_limits ?? []),
    inference_table: mask.names(TABLE)
      ? readTable(inference_table, { workspace, caller, full_name, before: before?.inference_table ?? null })
      : (before?.inference_table ?? null),
    service_policies: keptPolicies(before, sent, mask),
  };
  checkUniqueNames([...config.destinations, ...(config.fallbacks ?? [])]);
  return config;
}

/** A body cannot make policies. The mask `config` keeps those that the body lists. assumed: service-policies */
function keptPolicies(before: ServiceConfig | undefined, sent: SentConfig, mask: UpdateMask) {
  const held = before?.service_policies ?? [];
  if (!mask.whole) return held;
  return held.filter(({ name }) => sent.service_policies?.some((each) => each.name === name));
}
