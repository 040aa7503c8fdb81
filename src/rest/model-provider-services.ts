/**
 * Provider services of Unity Gateway: which provider of external models they call, and with which models. Their credentials are dropped where an
 * answer is parsed, so they reach nothing behind this file (fact V8).
 */
import * as z from 'zod';
import type { Http } from './http.ts';
import { resourcePath } from './model-services.ts';
import { fullNameOf } from './names.ts';

// Not loose: a block of a provider holds its credentials, and a field that is not named here may do so too.
const ProviderService = z.object({
  config: z
    .object({
      provider_type: z.string().optional(),
      allow_all_targets: z.boolean().optional(),
      targets: z.array(z.object({ model: z.string(), native_api_types: z.array(z.string()).optional() })).default([]),
    })
    .default({ targets: [] }),
  effective_owner: z.string().optional(),
});
export type ProviderService = z.infer<typeof ProviderService>;

/** One provider service. Throws an ApiError 404 when it does not exist or the caller has no privilege on it. */
export async function get(http: Http, fullName: string): Promise<ProviderService> {
  return ProviderService.parse(await http.json('GET', resourcePath('model-provider-services', fullName)));
}

const Page = z.object({
  model_provider_services: z.array(z.object({ name: z.string() })).default([]),
});

/** The three-part names of the provider services of a schema that the caller may see: one page, for suggestions. */
export async function names(http: Http, schema: string): Promise<string[]> {
  const query = { parent: `schemas/${schema}`, page_size: '200' };
  const page = Page.parse(await http.json('GET', '/api/2.1/unity-catalog/model-provider-services', { query }));
  return page.model_provider_services.map(({ name }) => fullNameOf(name));
}
