/** The resources of a Databricks App: reading the app, and the step that writes its whole list. */
import { differences } from '../../src/plan/diff.ts';
import { Refusal } from '../../src/refusal.ts';
import { isAbsent } from '../../src/rest/absent.ts';
import * as apps from '../../src/rest/apps.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { closest } from '../../src/text/did-you-mean.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type Step, step } from '../../src/write/planned-write.ts';

/** The form of an app's name. */
export const APP_NAME = /^[a-z0-9-]{1,63}$/;

/** How the parts of an answer go into the files of an app. */
export const MERGE =
  'Add app_yaml to env in the app.yaml of the app. If a bundle deploys the app, add databricks_yml to the lists of the app in its databricks.yml: a deployment removes resources that it lacks. Keep everything else in both files.';

const REDEPLOY =
  'Redeploy the app. The variable takes effect with the deployment, and so does the grant at the latest.';

export function resourcesStep(app: apps.App, resources: apps.Resource[], { http }: ToolContext): Step {
  return step<apps.App>({
    what: 'app',
    label: 'resources',
    target: app.name,
    request: apps.patch(app.name, apps.resourcesInput(app, resources)),
    async lost() {
      const found = await apps.get(http, app.name);
      return differences(found.resources, resources).length === 0 ? { answer: found, ours: false } : undefined;
    },
    reach: async () => ({ kind: 'reached', view: { note: REDEPLOY } }),
    explain(error) {
      // Other refusals with this status are about a network, a token or a feature.
      if (
        !(
          error instanceof ApiError &&
          error.status === 403 &&
          /\bdoes not have (?:CAN_|permission)/i.test(error.detail)
        )
      )
        return undefined;
      return new Refusal(
        'permission_denied',
        `Databricks refused: ${clip(error.detail, 500)} (403)`,
        'The caller needs CAN_MANAGE on both the app and the endpoint.',
      );
    },
  });
}

export async function appOf(http: Http, name: string): Promise<apps.App> {
  try {
    return await apps.get(http, name);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    const known = (await apps.names(http).catch(() => [])).filter((each) => APP_NAME.test(each));
    const hint = closest(name, known);
    const next = hint === undefined ? 'Check the name. The app must already exist.' : `Did you mean ${hint}?`;
    throw new Refusal('app_not_found', `there is no app ${name}`, next, { apps: known.slice(0, 30) });
  }
}
