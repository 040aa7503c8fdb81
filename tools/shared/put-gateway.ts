import { differences } from '../../src/difference.ts';
import type { Http } from '../../src/rest/http.ts';
import { type AiGateway, endpoints } from '../../src/rest/index.ts';
import { onceOnly } from '../../src/write.ts';

/** Replaces the AI Gateway block once; when the answer is lost, the endpoint itself tells whether it is the new one. */
export function putGateway(http: Http, name: string, gateway: AiGateway): Promise<AiGateway> {
  return onceOnly(
    () => endpoints.putAiGateway(http, name, gateway),
    async () => {
      const { ai_gateway: found = {} } = await endpoints.get(http, name);
      return differences(found, gateway).length === 0 ? found : undefined;
    },
  );
}
