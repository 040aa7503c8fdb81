/** When the data of a view was read, and the button that reads it again. */
import { type ComponentChild, h } from 'preact';
import type { Reading } from '../use-tool.ts';
import { useFormat } from './format.ts';

export function ReadAt({ readings, refresh }: { readings: readonly Reading[]; refresh: () => void }): ComponentChild {
  const format = useFormat();
  const times = readings.flatMap(({ answer }) => answer?.at ?? []).filter((at) => at > 0);
  const busy = readings.some((each) => each.busy);
  const offered = readings.some((each) => each.offered);
  // The oldest part decides how old the view is.
  const oldest = times.length > 0 ? Math.min(...times) : undefined;
  return h('span', { class: 'read-at' }, [
    oldest === undefined ? null : h('span', { class: 'muted' }, `Read at ${format.moment(oldest)} `),
    offered ? h('button', { type: 'button', onClick: refresh, disabled: busy }, busy ? 'Reading …' : 'Refresh') : null,
  ]);
}
