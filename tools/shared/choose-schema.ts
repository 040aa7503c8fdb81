/** Which of the published schemas counts, and the form in which its rows are given. */
import type { EntitySchema } from '../../src/digest/openapi.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';

/** The schema of the wanted entity. By default that of the entity with the most traffic. */
export function chooseSchema(schemas: EntitySchema[], found: Endpoint, wanted?: string): EntitySchema | undefined {
  const usable = schemas.filter(({ forms, fields }) => forms.length > 0 || fields.length > 0);
  const match = usable.find((each) => each.entity === (wanted ?? busiest(found)));
  return match ?? (wanted === undefined ? usable[0] : undefined);
}

function busiest(found: Endpoint): string | undefined {
  return [...endpoints.trafficOf(found.config)].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** Rows as records, which models with `dataframe_split` take too. */
export function rowsForm({ forms }: EntitySchema): string {
  if (forms.includes('dataframe_records')) return 'dataframe_records';
  return forms.includes('instances') ? 'instances' : 'dataframe_records';
}
