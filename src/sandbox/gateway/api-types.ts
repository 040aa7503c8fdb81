import type { Destination } from '../state/model-service.ts';
import type { Endpoint, Workspace } from '../state/state.ts';
import { backingOf } from './backing.ts';

const CHAT = ['mlflow/v1/chat/completions', 'openai/v1/chat/completions'];
const EMBEDDINGS = ['mlflow/v1/embeddings', 'openai/v1/embeddings'];

/** The API types that all usable primary destinations of a service speak. assumed: gateway-api-types */
export function apiTypes(workspace: Workspace, destinations: readonly Destination[]): string[] {
  const spoken = destinations.flatMap((destination) => {
    const backing = backingOf(workspace, destination);
    if (!backing) return [];
    if (backing.kind !== 'external') return [typesOfEndpoint(backing.endpoint)];
    const { target, provider } = backing;
    const listed = provider.config.targets.find(({ model }) => model === target.model);
    return [translated(target.native_api_types ?? listed?.native_api_types ?? [])];
  });
  const [first = [], ...others] = spoken;
  return first.filter((type) => others.every((types) => types.includes(type)));
}

function typesOfEndpoint({ foundation, config }: Endpoint): string[] {
  if (foundation?.task === 'llm/v1/embeddings') return EMBEDDINGS;
  const name = foundation?.entity_name ?? config?.served_entities[0]?.config.entity_name ?? '';
  if (/\.(?:databricks-)?claude-/.test(name)) return [...CHAT, 'anthropic/v1/messages'];
  return /\.(?:databricks-)?gpt-\d/.test(name) ? [...CHAT, 'openai/v1/responses'] : CHAT;
}

/** The gateway translates its unified types to and from those of a provider. */
function translated(native: readonly string[]): string[] {
  const isChat = native.some((type) => /chat\/completions$|messages$|generateContent$/.test(type));
  const isEmbedding = native.some((type) => type.endsWith('/embeddings'));
  const unified = [...(isChat ? ['mlflow/v1/chat/completions'] : []), ...(isEmbedding ? ['mlflow/v1/embeddings'] : [])];
  return [...new Set([...unified, ...native])];
}
