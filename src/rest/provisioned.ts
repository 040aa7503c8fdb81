/** Provisioned throughput: reserved capacity in tokens per second (fact C1) or in model units (fact C2). */
import * as z from 'zod';
import { type ConfigInput, type CreateInput, Endpoint, ROOT } from './endpoints.ts';
import type { Http } from './http.ts';
import { segment } from './names.ts';

const Optimization = z.looseObject({
  optimizable: z.boolean().optional(),
  throughput_chunk_size: z.number().optional(),
});

/** Where endpoints of model units are created. */
export const PT_ROOT = `${ROOT}/pt`;

/** Whether a model version may get provisioned throughput, and the tokens per second that one step has. */
export async function optimization(http: Http, model: string, version: string): Promise<z.infer<typeof Optimization>> {
  const path = `${ROOT}/get-model-optimization-info/${segment(model)}/${segment(version)}`;
  return Optimization.parse(await http.json('GET', path));
}

/** Creates an endpoint of model units. Not sent again when its answer is lost, as any create. */
export async function create(http: Http, input: CreateInput): Promise<Endpoint> {
  return Endpoint.parse(await http.json('POST', PT_ROOT, { body: input }));
}

/** Path of the config of an endpoint of model units. */
export function configPath(name: string): string {
  return `${PT_ROOT}/${segment(name)}/config`;
}

/** Replaces the config of an endpoint of model units; it takes effect at once (fact C2). Sent once, as any config. */
export async function putConfig(http: Http, name: string, config: ConfigInput): Promise<Endpoint> {
  return Endpoint.parse(await http.json('PUT', configPath(name), { body: { config }, noRetry: true }));
}
