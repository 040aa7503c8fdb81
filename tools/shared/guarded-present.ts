/** The traffic of an endpoint before a rollout, from all that this machine read in the last hour. */
import { apart } from '../../src/digest/readings.ts';
import { minuteOf } from '../../src/rollout/measure.ts';
import { type Present, presentOf, usualPresent } from '../../src/rollout/present.ts';
import { isTable, MINUTE } from '../../src/rollout/source.ts';
import type { ToolContext } from '../../src/tool.ts';
import { CHECKED_MINUTES, type ChosenSource } from './guarded-source.ts';

const HOUR = 60 * MINUTE;

/** @param entities the new version and the one that serves. */
export async function presentTraffic(
  endpoint: string,
  { source, perMinute }: ChosenSource,
  entities: { canary: string; baseline: string },
  context: ToolContext,
): Promise<Present> {
  if (source?.name !== 'metrics') return usualPresent(perMinute, source && isTable(source.name) ? CHECKED_MINUTES : 1);
  const { knownReadings } = await import('../../src/history/history.ts');
  const { readings } = await knownReadings(context, endpoint, context.http.time() - HOUR);
  const minutes = apart(readings).map((reading) => minuteOf(reading, 0, entities));
  const sides = minutes.flatMap(({ unreadable, baseline }) => (unreadable ? [] : [baseline]));
  return sides.length > 0 ? presentOf(sides) : usualPresent(perMinute, 1);
}
