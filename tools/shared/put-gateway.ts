/** The step that replaces the AI Gateway block, and a warning about parts that may have no effect. */
import { isDeepStrictEqual } from 'node:util';
import { deviation, isKept } from '../../src/plan/gateway-kept.ts';
import { type GatewayParts, unknownGuardrails, warningOfGateway } from '../../src/plan/gateway-rules.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { ApiError, TransportError } from '../../src/rest/errors.ts';
import { type AiGateway, type Endpoint, endpoints } from '../../src/rest/index.ts';
import { allWarnings } from '../../src/text/all-warnings.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type Reached, type Step, step } from '../../src/write/planned-write.ts';

/** Pause before a second look, because the first may still show the earlier state. In milliseconds. */
const SECOND_LOOK = 1_000;

/**
 * Replaces the block once, and looks whether the service kept all of it. When the answer is lost or empty, reading the endpoint resolves it.
 * @param before the block that the step replaces.
 */
export function gatewayStep(
  { name, before }: { name: string; before: AiGateway },
  gateway: AiGateway,
  label: string,
  context: ToolContext,
  view: (stored: AiGateway) => ToolResult,
): Step {
  return step<AiGateway>({
    what: 'gateway',
    label,
    target: name,
    request: endpoints.putAiGateway(name, gateway),
    async lost() {
      const { ai_gateway: found = {} } = await endpoints.get(context.http, name);
      return isKept(gateway, found, true) ? { answer: found, ours: false } : undefined;
    },
    reach: (echo) => reachKept({ name, before, sent: gateway, echo }, context, view),
  });
}

/** A PUT of a gateway: the block before it, what was sent, and what the service answered. */
interface Replaced {
  name: string;
  before: AiGateway;
  sent: AiGateway;
  echo: AiGateway;
}

/** Success only if the gateway means what was sent. */
async function reachKept(
  { name, before, sent, echo }: Replaced,
  context: ToolContext,
  view: (stored: AiGateway) => ToolResult,
): Promise<Reached> {
  let seen = await gatewayNow(name, context);
  if (!seen || !isKept(sent, seen)) {
    await context.clock.sleep(SECOND_LOOK);
    seen = (await gatewayNow(name, context)) ?? seen;
  }
  const isLate =
    seen !== undefined && isDeepStrictEqual(seen, before) && isKept(sent, echo) && !losesGuardrail(sent, seen);
  const found = isLate ? echo : (seen ?? echo);
  const reason = isLate ? 'which still reads as before' : 'which could not be read';
  const unread = seen && !isLate ? {} : { not_checked: [`the gateway after the change, ${reason}`] };
  if (isKept(sent, found)) return { kind: 'reached', view: { ...view(found), ...unread } };
  const cause = new Refusal(
    'gateway_differs',
    `the service accepted the gateway of ${name}, but the gateway is not what was sent`,
    `Tell the user what dropped and still_there list, because a guardrail or a limit may be off. ${call('get_endpoint', { endpoint: name })} shows the gateway.`,
    { ...deviation(sent, found), ai_gateway: found, ...unread },
  );
  return { kind: 'failed', harmless: false, cause };
}

/**
 * The answer may show the new block while a read still shows the whole earlier one. That is a late read, unless a guardrail is missing: the service
 * drops those, and the answer may repeat them all the same (fact G9).
 */
function losesGuardrail(sent: AiGateway, seen: AiGateway): boolean {
  const { dropped, still_there } = deviation(sent, seen);
  return [...dropped, ...still_there].some((path) => path.startsWith('guardrails'));
}

/** The current gateway. Undefined when the endpoint cannot be read. */
async function gatewayNow(name: string, { http, signal }: ToolContext): Promise<AiGateway | undefined> {
  try {
    return (await endpoints.get(http, name)).ai_gateway ?? {};
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError || error instanceof TransportError) return undefined;
    throw error;
  }
}

/** A warning about parts that may have no effect on this endpoint, and about guardrails that the PUT may drop. */
export function gatewayWarning(parts: GatewayParts, current: Endpoint): string | undefined {
  const { config, pending_config, task, ai_gateway } = current;
  const entities = endpoints.entitiesOf(config ?? pending_config);
  const strange = unknownGuardrails(ai_gateway?.guardrails);
  return allWarnings(
    warningOfGateway(parts, { entities, task }),
    strange.length > 0
      ? clip(`the service may drop ${strange.join(', ')} with this change, and no call sets them again`, 500)
      : undefined,
  );
}
