/** A workspace with many endpoints, some of them broken. */
import { churnEntity, endpoint, seed } from './workspace.ts';

/** Names are so long that a page of all broken ones must be short about each. */
export const nameOf = (at: number) => `team-${String(at).padStart(3, '0')}-churn-prediction`;

/**
 * Of every ten, three get an update whose version cannot be deployed. The clock must advance by half an hour until it has failed.
 * @returns a seed.
 */
export function manyEndpoints(count: number): unknown {
  const broken = (version: string) => ({ update_in_progress: { config: { served_entities: [churnEntity(version)] } } });
  const kinds = [broken('4'), broken('7'), broken('4')];
  return seed(
    Array.from({ length: count }, (_, at) =>
      endpoint(nameOf(at), [churnEntity('1')], [], { traffic: { requests_per_minute: 6 }, ...kinds[at % 10] }),
    ),
    {
      foundation_models: [
        {
          name: 'llama',
          entity_name: 'system.ai.llama',
          display_name: 'Llama',
          task: 'llm/v1/chat',
          spec: { kind: 'chat', model: 'llama', profile: 'llama' },
        },
      ],
    },
  );
}
