/** The name in a pasted URL of the workspace, of its REST API or of MLflow. Pure. */
import { ENDPOINT_NAME, MODEL_NAME } from '../rest/names.ts';

/** What a URL can name. The keys are the names of the arguments. */
export type Named = 'endpoint' | 'model' | 'app';

export interface NameInUrl {
  name: string;
  /** The host of the URL, in lower case. Undefined when the text has none. */
  host: string | undefined;
}

/** Paths that all endpoints share, such as the base of an OpenAI client. The name is in the body there. */
const SHARED = 'chat|completions|embeddings|responses|anthropic|gemini|openai';

/** Where the name is: after the host, or in the part of the page after `#`. A page of a model has one segment for each part of its name. */
const PLACES: Record<Named, readonly RegExp[]> = {
  endpoint: [
    /(?:^|[/#])(?:ml|mlflow)\/endpoints\/([^/?#]+)/,
    new RegExp(`(?:^|/)serving-endpoints/(?!(?:${SHARED})(?:[/?#]|$))([^/?#]+)`),
    /[?&]endpointName=([^&#]+)/,
    /^(?:databricks-serving:\/\/endpoints|endpoints:)\/+([^/?#]+)/,
  ],
  model: [/(?:^|\/)explore\/data\/models\/([^/?#]+\/[^/?#]+\/[^/?#]+)/, /^models:\/+([^/?#@]+)/],
  app: [/(?:^|\/)apps\/([^/?#]+)/],
};

/** The name that a text holds as part of a URL or a path. Undefined for any other text, and for one with several names. */
export function nameInUrl(kind: Named, text: string): NameInUrl | undefined {
  const url = text.trim();
  if (!url.includes('/') || url.length > 2_000) return undefined;
  const { host, rest } = splitHost(url);
  const names = PLACES[kind].flatMap((place) => {
    const found = place.exec(rest)?.[1] ?? '';
    return decoded(kind === 'model' ? found.replaceAll('/', '.') : found) ?? [];
  });
  const [name, ...others] = new Set(names.filter((each) => FORMS[kind].test(each)));
  return name === undefined || others.length > 0 ? undefined : { name, host };
}

/** The URIs of MLflow. They name no workspace. */
const URI = /^(?:databricks-serving:\/\/endpoints|endpoints:|models:)\//;
/** The first parts of paths in a workspace. A path that begins with anything else begins with a host, such as one without dots. */
const PATH = /^(?:[/?#](?!\/)|(?:ml|mlflow|serving-endpoints|api|explore|apps|compute)\/)/;

/** Separates the host in any form, so that the URL of another workspace never looks like a path of this one. */
function splitHost(url: string): { host: string | undefined; rest: string } {
  if (URI.test(url) || PATH.test(url)) return { host: undefined, rest: url };
  const [, scheme = 'https:', authority = '', rest = ''] =
    /^(?:([a-z][a-z\d+.-]*:)(?=\/)|https:)?[/\\]*([^/?#]*)(.*)$/is.exec(url) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const canonical = URL.canParse(`${scheme}//${host}`) ? new URL(`${scheme}//${host}`).host : host;
  return { host: canonical.toLowerCase(), rest };
}

const FORMS: Record<Named, RegExp> = { endpoint: ENDPOINT_NAME, model: MODEL_NAME, app: /^[a-z0-9-]{1,63}$/ };

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
