/** Provisioned throughput: reserved capacity in tokens per second (fact C1) or in model units (fact C2). */
import * as z from 'zod';
import { type ConfigInput, type CreateInput, Endpoint, ROOT } from './endpoints.ts';
import type { Http, WriteRequest } from './http.ts';
import { segment } from './names.ts';

const Optimization = z.looseObject({
  optimizable: z.boolean().optional(),
  throughput_chunk_size: z.number().optional(),
});

/** Where endpoints with model units are created. */
export const PT_ROOT = `${ROOT}/pt`;

/** Whether a model version supports provisioned throughput, and the size of one step in tokens per second. */
export async function optimization(http: Http, model: string, version: string): Promise<z.infer<typeof Optimization>> {
  const path = `${ROOT}/get-model-optimization-info/${segment(model)}/${segment(version)}`;
  return Optimization.parse(await http.json('GET', path));
}

/** Creates an endpoint with model units. When the answer is lost, reading the endpoint resolves it, as for any create. */
export function create(input: CreateInput): WriteRequest<Endpoint> {
  return { method: 'POST', path: PT_ROOT, body: input, again: 'refused', parse: Endpoint.parse };
}

/** Path of the config of an endpoint with model units. */
export function configPath(name: string): string {
  return `${PT_ROOT}/${segment(name)}/config`;
}

/** Replaces the config of an endpoint with model units. It takes effect at once (fact C2). */
export function putConfig(name: string, config: ConfigInput): WriteRequest<Endpoint> {
  return { method: 'PUT', path: configPath(name), body: { config }, again: 'never', parse: Endpoint.parse };
}
