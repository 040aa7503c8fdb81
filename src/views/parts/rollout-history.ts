/** What a rollout did, newest first. */
import { type ComponentChild, h } from 'preact';
import { changeText, outcomeText } from '../read/rollout-words.ts';
import type { Change } from '../read/steps.ts';
import { useFormat } from './format.ts';

export function RolloutHistory({ changes }: { changes: readonly Change[] }): ComponentChild {
  const format = useFormat();
  return h(
    'ol',
    { class: 'list' },
    changes
      .toReversed()
      .map(({ event, step, percent, at, by, outcome, reason }, index) =>
        h('li', { key: index }, [
          at === undefined
            ? h('span', { class: 'muted' }, 'time not known')
            : h('time', { class: 'muted', datetime: new Date(at).toISOString() }, format.moment(at)),
          ` ${changeText(event, step, percent)}`,
          outcome === undefined ? '' : ` (${outcomeText(outcome)})`,
          by === undefined ? null : h('span', { class: 'muted' }, [', by ', h('bdi', {}, by)]),
          reason === undefined ? null : h('p', { class: 'muted' }, reason),
        ]),
      ),
  );
}
