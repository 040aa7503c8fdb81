import { afterAll, beforeAll, expect, it } from 'vitest';
import { providerServices } from '../../src/rest/index.ts';
import { json, type Service, startService, tryHttp } from '../support/scripted-service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

it('drops every field that it does not need, because a block of a provider holds its credentials', async () => {
  service.answer((_request, response) =>
    json(response, 200, {
      name: 'model-provider-services/main.ai.openai',
      etag: 'AAEC',
      config: {
        provider_type: 'EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI',
        openai: { direct: { api_key: { plaintext: 'planted-word' } } },
        targets: [{ model: 'gpt-5', secret: 'planted-word' }],
      },
      effective_owner: 'admin@example.com',
      secret: 'planted-word',
    }),
  );
  const { http } = tryHttp(service.origin);
  const found = await providerServices.get(http, 'main.ai.openai');
  await http.close();
  expect(found).toEqual({
    config: { provider_type: 'EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI', targets: [{ model: 'gpt-5' }] },
    effective_owner: 'admin@example.com',
  });
  expect(service.received[0]?.url).toBe('/api/2.1/unity-catalog/model-provider-services/main.ai.openai');
});
