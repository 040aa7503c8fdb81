/** The step that replaces the AI Gateway block, and a warning about parts that may have no effect. */
import { sameGateway } from '../../src/plan/gateway.ts';
import { type GatewayParts, warningOfGateway } from '../../src/plan/gateway-rules.ts';
import type { ToolResult } from '../../src/refusal.ts';
import { type AiGateway, type Endpoint, endpoints } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type Step, step } from '../../src/write/planned-write.ts';

/** Replaces the block once. When the answer is lost or empty, reading the endpoint resolves it. */
export function gatewayStep(
  name: string,
  gateway: AiGateway,
  label: string,
  { http }: ToolContext,
  view: (stored: AiGateway) => ToolResult,
): Step {
  return step<AiGateway>({
    what: 'gateway',
    label,
    target: name,
    request: endpoints.putAiGateway(name, gateway),
    async lost() {
      const { ai_gateway: found = {} } = await endpoints.get(http, name);
      return sameGateway(found, gateway) ? { answer: found, ours: false } : undefined;
    },
    reach: async (stored) => ({ kind: 'reached', view: view(stored) }),
  });
}

/** A warning about parts that may have no effect on this endpoint. */
export function gatewayWarning(parts: GatewayParts, { config, pending_config, task }: Endpoint): string | undefined {
  return warningOfGateway(parts, { entities: endpoints.entitiesOf(config ?? pending_config), task });
}
