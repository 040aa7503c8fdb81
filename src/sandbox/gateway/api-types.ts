import type { Destination } from '../state/model-service.ts';
import type { Endpoint, Workspace } from '../state/state.ts';
import { backingOf } from './backing.ts';

/** The gateway's own forms. It translates them to and from those of a provider. */
const CHAT = 'mlflow/v1/chat/completions';
const RESPONSES = 'mlflow/v1/responses';
const CURSOR = 'cursor/v1/chat/completions';
const OPENAI = ['openai/v1/responses', CURSOR, 'codex/v1/responses'];
/** The form of Claude. */
export const MESSAGES = 'anthropic/v1/messages';
const GEMINI = ['gemini/v1/generateContent', 'gemini/v1/streamGenerateContent'];

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

/** What the model of an endpoint speaks, by its name. evidence: gateway-model-types */
export function typesOfEndpoint({ foundation, config }: Endpoint): string[] {
  if (foundation?.task === 'llm/v1/embeddings') return ['mlflow/v1/embeddings'];
  const name = foundation?.entity_name ?? config?.served_entities[0]?.config.entity_name ?? '';
  const [, family] = /\.(?:databricks-)?(claude|gemini|gpt-oss|gpt-\d.*codex|gpt-\d)/.exec(name) ?? [];
  if (family === undefined) return [CHAT, RESPONSES];
  if (family === 'claude') return [CHAT, RESPONSES, MESSAGES, CURSOR];
  if (family === 'gemini') return [CHAT, RESPONSES, ...GEMINI, CURSOR];
  if (family === 'gpt-oss') return [CHAT, RESPONSES, 'openai/v1/chat/completions'];
  if (family.endsWith('codex')) return [RESPONSES, ...OPENAI];
  return [CHAT, RESPONSES, 'openai/v1/chat/completions', ...OPENAI];
}

function translated(native: readonly string[]): string[] {
  const speaks = (end: RegExp, ...types: string[]) => (native.some((type) => end.test(type)) ? types : []);
  const unified = [
    ...speaks(/chat\/completions$|messages$|generateContent$/i, CHAT, RESPONSES),
    ...speaks(/\/responses$/, RESPONSES),
    ...speaks(/\/embeddings$/, 'mlflow/v1/embeddings'),
  ];
  return [...new Set([...unified, ...native])];
}
