/** Why an endpoint may never become ready: Unity Catalog does not have its model version in a state that can be served. */
import { isStopped } from '../../src/plan/stopped.ts';
import { isAbsent } from '../../src/rest/absent.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints, models } from '../../src/rest/index.ts';
import { MODEL_NAME } from '../../src/rest/names.ts';
import { PATIENCE } from '../../src/rest/privileges.ts';

/** Most versions to read for one answer. */
const MAX_VERSIONS = 3;

/**
 * One line for each version that cannot be served (fact M4). An endpoint that is ready or stopped is not asked about, and a version that cannot be
 * read is left out.
 */
export async function unservable(http: Http, found: Endpoint): Promise<string[]> {
  const { state, config, pending_config } = found;
  const settled = state.config_update === undefined || state.config_update === 'NOT_UPDATING';
  if (settled && (state.ready === 'READY' || isStopped(found))) return [];
  const versions = new Map<string, [model: string, version: string]>();
  for (const { entity_name: model = '', entity_version: version } of [pending_config, config].flatMap(
    endpoints.entitiesOf,
  ))
    if (MODEL_NAME.test(model) && version !== undefined && !model.startsWith('system.'))
      versions.set(`${model} ${version}`, [model, version]);
  const lines = await Promise.all(
    [...versions.values()].slice(0, MAX_VERSIONS).map(async ([model, version]) => {
      const status = await statusOf(http, model, version);
      if (status === undefined || status === 'READY') return [];
      const state = status === 'missing' ? 'is not in Unity Catalog, or you may not see it' : `is ${status}`;
      return [`version ${version} of ${model} ${state}; only a READY version can be served`];
    }),
  );
  return lines.flat();
}

/** Undefined when it cannot be read. The answer does not depend on it, so it is tried once. */
async function statusOf(http: Http, model: string, version: string): Promise<string | undefined> {
  try {
    return (await models.version(http, model, version, PATIENCE)).status;
  } catch (error) {
    return isAbsent(error) ? 'missing' : undefined;
  }
}
