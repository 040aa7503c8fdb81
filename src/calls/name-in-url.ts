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

/** The name that a text holds as part of a URL or a path. Undefined for any other text. */
export function nameInUrl(kind: Named, text: string): NameInUrl | undefined {
  const url = text.trim();
  if (!url.includes('/') || url.length > 2_000) return undefined;
  const [, host, rest = url] =
    /^(?:https?:\/\/)?((?:[\w-]+\.)+[\w-]+(?::\d+)?|localhost(?::\d+)?)(?=[/?#]|$)(.*)$/is.exec(url) ?? [];
  for (const place of PLACES[kind]) {
    const found = place.exec(host === undefined ? url : rest)?.[1];
    const name = found === undefined ? undefined : decoded(kind === 'model' ? found.replaceAll('/', '.') : found);
    if (name !== undefined && FORMS[kind].test(name)) return { name, host: host?.toLowerCase() };
  }
  return undefined;
}

const FORMS: Record<Named, RegExp> = { endpoint: ENDPOINT_NAME, model: MODEL_NAME, app: /^[a-z0-9-]{1,63}$/ };

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
