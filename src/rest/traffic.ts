/** Reads the routes of a config. Pure. */

/** The parts of a config that define the traffic. */
export interface RoutedConfig {
  served_entities?: { name: string }[] | undefined;
  traffic_config?:
    | {
        routes?:
          | {
              served_entity_name?: string | undefined;
              served_model_name?: string | undefined;
              traffic_percentage: number;
            }[]
          | undefined;
      }
    | undefined;
}

/**
 * Share of the traffic by entity name, in percent, for every entity of a config. A route may have either of two name fields (fact T1), and a route
 * without a name is ignored. An entity without a route has no traffic, but a single entity has all of it (fact T3).
 */
export function trafficOf(config: RoutedConfig | undefined): Map<string, number> {
  const shares = new Map<string, number>();
  for (const route of config?.traffic_config?.routes ?? []) {
    const name = route.served_entity_name ?? route.served_model_name;
    if (name) shares.set(name, route.traffic_percentage);
  }
  const entities = config?.served_entities ?? [];
  for (const { name } of entities) {
    if (!shares.has(name)) shares.set(name, entities.length === 1 ? 100 : 0);
  }
  return shares;
}
