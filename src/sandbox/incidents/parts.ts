/** Pieces of which the seeds of incidents are made. */
import type { SeedEndpoint, SeedModel, SeedVersion } from '../seed/seed.ts';
import type { TabularSpec } from '../state/model-spec.ts';
import type { AutoCapture, EntityInput } from '../state/wire-types.ts';
import type { Remedy } from './incident.ts';

const ENDPOINTS = '/api/2.0/serving-endpoints';

/** A model of number columns, with their weights. */
export function weights(columns: Record<string, number>, kind: 'linear' | 'logistic' = 'linear'): TabularSpec {
  return {
    kind,
    inputs: Object.keys(columns).map((name) => ({ name, type: 'double' })),
    intercept: 0.5,
    coefficients: columns,
  };
}

/** A query of a model of number columns. */
export function row(columns: Record<string, number>): Record<string, unknown> {
  return { dataframe_records: [Object.fromEntries(Object.keys(columns).map((name, at) => [name, at + 1]))] };
}

/** A query of a language model. */
export function chat(content = 'Where is my parcel?'): Record<string, unknown> {
  return { messages: [{ role: 'user', content }] };
}

/** A version that serves. */
export function version(number: number, spec: SeedVersion['spec'], more: Partial<SeedVersion> = {}): SeedVersion {
  return { version: number, status: 'READY', deploy_minutes: 9, created_minutes_ago: 30_000 / number, spec, ...more };
}

/** A model of an engineer of the default workspace. */
export function model(full_name: string, versions: SeedVersion[], more: Partial<SeedModel> = {}): SeedModel {
  return { full_name, owner: 'ml-engineer@example.com', created_minutes_ago: 60_000, versions, ...more };
}

/** A served entity of a model version. */
export function entity(full_name: string, number: number, more: EntityInput = {}): EntityInput {
  return {
    entity_name: full_name,
    entity_version: String(number),
    workload_size: 'Small',
    scale_to_zero_enabled: false,
    ...more,
  };
}

/** An endpoint of an engineer of the default workspace. */
export function endpoint(name: string, more: Partial<SeedEndpoint>): SeedEndpoint {
  return { name, creator: 'ml-engineer@example.com', created_minutes_ago: 43_000, ...more };
}

/** The inference table of an endpoint. It shows the answers of a model outside the workspace, which has no log. */
export function payloads(name: string): AutoCapture {
  const table_name_prefix = name.replaceAll('-', '_');
  return { enabled: true, catalog_name: 'ml', schema_name: 'payloads', table_name_prefix };
}

/** The call that deploys entities, and the time that it takes. */
export function redeploy(name: string, entities: EntityInput[], minutes = 30): Remedy[] {
  return [{ call: ['PUT', `${ENDPOINTS}/${name}/config`, { served_entities: entities }] }, { wait_minutes: minutes }];
}

/** A Python traceback. Each frame is a file, a line, a function and the code. */
export function traceback(
  frames: [file: string, line: number, where: string, code: string][],
  raised: string,
): string[] {
  return [
    'Traceback (most recent call last):',
    ...frames.flatMap(([file, line, where, code]) => [`  File "${file}", line ${line}, in ${where}`, `    ${code}`]),
    raised,
  ];
}

/** The folder of packages in a serving container. */
export function site(python: string): string {
  return `/opt/conda/envs/mlflow-env/lib/python${python}/site-packages`;
}
