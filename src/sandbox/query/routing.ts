import type { EndpointConfig, ServedEntity } from '../state/state.ts';

interface WeightedEntity {
  entity: ServedEntity;
  weight: number;
}

/** Entities in the order of the traffic routes. Entities without a route come last and have no traffic. */
function entityWeights(config: EndpointConfig): WeightedEntity[] {
  const routed = config.routes.flatMap(({ served_entity_name, traffic_percentage }): WeightedEntity[] => {
    const entity = config.served_entities.find((one) => one.config.name === served_entity_name);
    return entity === undefined ? [] : [{ entity, weight: traffic_percentage }];
  });
  const rest = config.served_entities.filter((one) => !routed.some(({ entity }) => entity === one));
  return [...routed, ...rest.map((entity) => ({ entity, weight: 0 }))];
}

/**
 * The entities to try for one request. `random` in 0..1 picks the first by traffic percentage; it is not called when there is no choice.
 * For a fallback, the others follow in the order of the routes, including those without traffic.
 */
export function attempts(config: EndpointConfig, random: () => number): ServedEntity[] {
  const all = entityWeights(config);
  const eligible = all.filter(({ weight }) => weight > 0);
  const total = eligible.reduce((sum, { weight }) => sum + weight, 0);
  let point = eligible.length > 1 ? random() * total : 0;
  const first = eligible.find(({ weight }) => {
    point -= weight;
    return point < 0;
  });
  const chosen = first ?? eligible.at(-1) ?? all[0];
  if (chosen === undefined) return [];
  return [chosen.entity, ...all.filter((one) => one !== chosen).map(({ entity }) => entity)];
}
