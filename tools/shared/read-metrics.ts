/** The metrics of an endpoint now. Every tool reads them here, so that `get_metrics` knows them later. */
import { parseExposition } from '../../src/digest/exposition.ts';
import { type Reading, toReading } from '../../src/digest/readings.ts';
import { observe } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';

/**
 * Reads the metrics of an endpoint and remembers them.
 * @param check throws when the text is none of metrics.
 * @throws what the request throws.
 */
export async function readMetrics(
  name: string,
  context: Pick<ToolContext, 'http' | 'clock' | 'history'>,
  check: (text: string) => void = () => {},
): Promise<Reading> {
  const text = await observe.metrics(context.http, name);
  check(text);
  const reading = toReading(parseExposition(text), context.http.time());
  // Loaded at the first reading: few calls of other tools need it.
  const { remember } = await import('../../src/history/history.ts');
  await remember(context, name, reading);
  return reading;
}
