/** The series of each served entity, for programs that draw them. Pure. */
import type { Sample } from '../../src/digest/exposition.ts';
import { byEntity, countsOf } from '../../src/digest/metrics.ts';
import { summed } from '../../src/digest/readings.ts';
import { type SeriesNumbers, seriesNumbers } from '../../src/digest/series.ts';
import type { ServedEntity } from '../../src/rest/endpoints.ts';
import type { Sampled } from './sample-metrics.ts';

/** Entities with a series in one answer. Each has up to 300 numbers. */
const MAX_ENTITIES = 12;

export interface EntitySeries {
  /** The series of an entity. Empty where it has none, and where it is left out. */
  of(entity: string): { series?: SeriesNumbers };
  /** How many are left out, in words. */
  leftOut: string[];
}

/**
 * The series of the entities with the most requests.
 * @param wanted the minutes that the call asked for. Of one minute alone, there is no series.
 */
export function seriesOfEntities(
  sampled: Sampled,
  served: readonly ServedEntity[],
  wanted: number,
): EntitySeries | undefined {
  if (wanted === 1) return undefined;
  const names = served.map(({ name }) => name);
  const groups = byEntity(summed(sampled), names);
  const requests = (name: string) => countsOf(groups.get(name) ?? []).requests ?? 0;
  const chosen = [...names].sort((a, b) => requests(b) - requests(a)).slice(0, MAX_ENTITIES);
  const left = names.length - chosen.length;
  const split = new Map(sampled.readings.map(({ samples }) => [samples, byEntity(samples, names)]));
  const series = new Map(
    chosen.map((name) => {
      // Series without names are those of an only entity.
      const own = (samples: readonly Sample[]) =>
        names.length === 1 ? samples : (split.get(samples)?.get(name) ?? []);
      return [name, seriesNumbers(sampled, own)];
    }),
  );
  return {
    of(entity) {
      const found = series.get(entity);
      return found && Object.keys(found).length > PLACE ? { series: found } : {};
    },
    leftOut: left > 0 ? [`the series of ${left} of ${names.length} entities: those with the fewest requests`] : [],
  };
}

/** The fields of a series without numbers: its start and its step. */
const PLACE = 2;
