import { call, Refusal } from '../../src/refusal.ts';
import { isAbsent } from '../../src/rest/absent.ts';
import { UnreachedError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { models } from '../../src/rest/index.ts';

/**
 * The number of a version that can be served: it exists in Unity Catalog and is READY (fact M4).
 * @param version a number, or `@alias`, which is resolved now, because serving accepts only numbers (fact M5).
 * @returns the number unchecked where this server does not reach Unity Catalog.
 * @throws Refusal that lists the READY versions.
 */
export async function readyVersion(http: Http, model: string, version: string): Promise<string> {
  let found: models.ModelVersion;
  try {
    found = version.startsWith('@')
      ? await models.byAlias(http, model, version.slice(1))
      : await models.version(http, model, version);
  } catch (error) {
    if (error instanceof UnreachedError) return unchecked(version, error);
    if (!isAbsent(error)) throw error;
    const known = await models.versions(http, model).catch(() => []);
    const usable = known.filter((each) => each.status === 'READY').map((each) => each.version);
    const message =
      known.length === 0
        ? `Unity Catalog has no model ${model} with a version that you can see`
        : `${model} has no ${version.startsWith('@') ? `alias ${version.slice(1)}` : `version ${version}`}`;
    const next =
      usable.length > 0
        ? `READY versions: ${usable
            .sort((a, b) => b - a)
            .slice(0, 10)
            .join(', ')}.`
        : `${call('list_model_versions', { model })} lists models with similar names. If the model has no versions, register one first.`;
    throw new Refusal('version_not_found', message, next);
  }
  if (found.status !== undefined && found.status !== 'READY') {
    const pending = found.status === 'PENDING_REGISTRATION';
    const message = `version ${found.version} of ${model} is ${found.status}, but only a READY version can be served`;
    const next = pending
      ? 'Repeat the call when the registration has finished.'
      : 'The registration failed. Register the version again, or serve another one.';
    throw new Refusal('version_not_ready', message, next, {}, { retryable: pending });
  }
  return String(found.version);
}

/** The service checks the version itself, when it deploys it. Only Unity Catalog knows where an alias points. */
function unchecked(version: string, error: UnreachedError): string {
  if (!version.startsWith('@')) return version;
  const next = `Give the number of the version. ${error.next}`;
  throw new Refusal('not_reached', `version: ${version} cannot be resolved: ${error.detail}`, next);
}
