import { differences } from '../../src/plan/diff.ts';
import { type GatewayParts, warningOfGateway } from '../../src/plan/gateway-rules.ts';
import type { ToolResult } from '../../src/refusal.ts';
import type { Http } from '../../src/rest/http.ts';
import { type AiGateway, type Endpoint, endpoints } from '../../src/rest/index.ts';
import { confirmIfLost } from '../../src/rest/lost-answer.ts';

/** Replaces the AI Gateway block once; when the answer is lost, the endpoint itself tells whether it is the new one. */
export function putGateway(http: Http, name: string, gateway: AiGateway): Promise<AiGateway> {
  return confirmIfLost(
    () => endpoints.putAiGateway(http, name, gateway),
    async () => {
      const { ai_gateway: found = {} } = await endpoints.get(http, name);
      return differences(found, gateway).length === 0 ? found : undefined;
    },
  );
}

/** A result, preview and question included, with what may do nothing on this endpoint. */
export function withWarning(
  result: ToolResult,
  parts: GatewayParts,
  { config, pending_config, task }: Endpoint,
): ToolResult {
  const warning = warningOfGateway(parts, { entities: endpoints.entitiesOf(config ?? pending_config), task });
  return warning === undefined ? result : { ...result, warning };
}
