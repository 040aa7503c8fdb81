/** How the routes of a config are read. Pure. */

/** As much of a config as tells the shares. */
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
 * Share of the traffic by entity name, in percent, for every entity of a config. Routes may carry either of two name fields (API contract, section
 * 1.1), and one without a name says nothing. An entity that no route names has none, an only one has all.
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
