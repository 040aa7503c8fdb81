/** `list_foundation_models`: the services of `system.ai`, next to the endpoints that serve the same models. */
import { modelKey } from '../../src/plan/same-model.ts';
import { isAbsent } from '../../src/rest/absent.ts';
import { reasonOf } from '../../src/rest/failed-read.ts';
import { modelServices } from '../../src/rest/index.ts';
import { fullNameOf, isServiceName } from '../../src/rest/names.ts';
import type { ToolContext } from '../../src/tool.ts';

/** The schema of the platform's own services. */
const SCHEMA = 'system.ai';

/** The services of the platform by the key of their model, or why they are not known. */
export interface PlatformServices {
  byModel: ReadonlyMap<string, string>;
  unknown?: string;
}

/** Their names are enough, so the basic view is asked for (fact V2). A failure leaves the endpoints. */
export async function platformServices({ http, signal }: ToolContext): Promise<PlatformServices> {
  try {
    const names = (await modelServices.list(http, SCHEMA, 'BASIC')).map(({ name }) => fullNameOf(name));
    const byModel = new Map(names.filter(isServiceName).map((name) => [modelKey(name, 'kept'), name]));
    return byModel.size > 0 ? { byModel } : { byModel, unknown: NONE };
  } catch (error) {
    signal.throwIfAborted();
    const absent = isAbsent(error) ? NONE : 'this workspace has no route for them';
    return { byModel: new Map(), unknown: reasonOf(error, absent) };
  }
}

const NONE =
  'none is visible: USE CATALOG on system, or USE SCHEMA and EXECUTE on system.ai, may be missing, or Unity Gateway is in preview in this region';

/** The service for the model of an endpoint. @param names the names that the endpoint and its model have. */
export function serviceFor({ byModel }: PlatformServices, names: readonly string[]): string | undefined {
  return names.map((name) => byModel.get(modelKey(name, 'kept'))).find((each) => each !== undefined);
}

/** What the two ways mean, for an answer that lists both. */
export const TWO_WAYS =
  'model_service goes through Unity Gateway (may be in preview in your region), which succeeds the endpoint of the same model: prefer it where it is listed. Limits on one do not count on the other. A listed name may still not be allowed in this workspace.';
export const ONE_WAY =
  'These are endpoints with the AI Gateway of the endpoint (legacy). A listed name may still not be allowed in this workspace.';
