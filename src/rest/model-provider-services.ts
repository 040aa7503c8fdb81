/**
 * Provider services of Unity Gateway: which provider of external models they call, and with which models. Their credentials are dropped where an
 * answer is parsed, so they reach nothing behind this file (fact V8).
 */
import * as z from 'zod';
import type { Http } from './http.ts';
import { resourcePath } from './model-services.ts';

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
