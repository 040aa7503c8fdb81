/** MCP resources: endpoints, their schemas and the guides. Does not import the SDK. */

import type { Known } from '../calls/publication.ts';
import type { Http } from '../rest/http.ts';
import { ENDPOINT_NAME } from '../rest/names.ts';
import { clip, sanitize } from '../text/sanitize.ts';
import { GUIDES } from './guides.ts';

const SCHEME = 'databricks-serving://';
/** Characters of one document. */
const MAX_DOCUMENT = 30_000;

/** The resources of a server. @param hidden tools that it does not publish: it has no guides about them. */
export function resources(hidden: readonly Known[] = []) {
  return [
    {
      uri: `${SCHEME}endpoints`,
      name: 'endpoints',
      title: 'Serving endpoints',
      description: 'Name, readiness and task of every endpoint.',
      mimeType: 'application/json',
    },
    ...GUIDES.filter((guide) => !hidden.some(({ name }) => name === guide.about)).map((guide) => ({
      uri: `${SCHEME}guides/${guide.topic}`,
      name: `guide-${guide.topic}`,
      title: guide.title,
      description: 'A short guide.',
      mimeType: 'text/plain',
    })),
  ];
}

export const TEMPLATES = [
  {
    uriTemplate: `${SCHEME}endpoints/{name}`,
    name: 'endpoint',
    title: 'One endpoint',
    description: 'The endpoint as the service returns it, with secrets redacted.',
    mimeType: 'application/json',
  },
  {
    uriTemplate: `${SCHEME}endpoints/{name}/schema`,
    name: 'endpoint-schema',
    title: 'Schema of an endpoint',
    description: 'The OpenAPI document that the endpoint publishes.',
    mimeType: 'application/json',
  },
];

/**
 * The document at an address, or undefined. Throws the service's refusals.
 * @param remark what to add to a guide, because it names tools that this server does not publish.
 */
export async function readResource(
  uri: string,
  http: Http,
  remark: (text: string) => string = () => '',
): Promise<{ mimeType: string; text: string } | undefined> {
  if (!uri.startsWith(SCHEME)) return undefined;
  const [kind, name, part, ...rest] = uri.slice(SCHEME.length).split('/');
  if (rest.length > 0) return undefined;
  if (kind === 'guides' && part === undefined) {
    const guide = GUIDES.find((each) => each.topic === name);
    return guide && { mimeType: 'text/plain', text: `${guide.text}\n${remark(guide.text)}`.trimEnd() };
  }
  if (kind !== 'endpoints') return undefined;
  const { endpoints, observe } = await import('../rest/index.ts'); // a start reads nothing
  if (name === undefined) {
    const list = (await endpoints.list(http)).map(({ name, state, task }) => ({ name, ...state, task }));
    return json(list.sort((a, b) => (a.name < b.name ? -1 : 1)));
  }
  const wanted = decoded(name);
  if (wanted === undefined || !ENDPOINT_NAME.test(wanted)) return undefined;
  if (part === undefined) return json(await endpoints.get(http, wanted));
  if (part === 'schema')
    return { mimeType: 'application/json', text: clip(await observe.openapi(http, wanted), MAX_DOCUMENT) };
  return undefined;
}

/** A part of an address without its percent encoding. Undefined when the encoding is broken. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function json(value: unknown): { mimeType: string; text: string } {
  return { mimeType: 'application/json', text: clip(JSON.stringify(sanitize(value)), MAX_DOCUMENT) };
}

/** At most a hundred endpoint names that start with the typed text. Anything that is not a valid name is skipped. */
export async function completeEndpoint(typed: string, http: Http): Promise<string[]> {
  const { endpoints } = await import('../rest/index.ts');
  const names = (await endpoints.list(http)).map((endpoint) => endpoint.name);
  return names
    .filter((name) => ENDPOINT_NAME.test(name) && name.toLowerCase().startsWith(typed.toLowerCase()))
    .sort()
    .slice(0, 100);
}
