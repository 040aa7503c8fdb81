/** How the traffic is split: one bar, with a part for each served entity. */
import { type ComponentChild, h } from 'preact';
import { useFormat } from './format.ts';

export interface SplitPart {
  name: string;
  /** 0 to 100. */
  percent: number;
}

export function Split({ parts }: { parts: readonly SplitPart[] }): ComponentChild {
  const format = useFormat();
  const shown = parts.filter(({ percent }) => percent > 0);
  if (shown.length === 0) return null;
  const text = parts.map(({ name, percent }) => `${name} ${format.percent(percent)}`).join(', ');
  return h(
    'div',
    { class: 'split', role: 'img', 'aria-label': `Traffic: ${text}` },
    shown.map(({ name, percent }) =>
      h(
        'span',
        // Entities keep their colour, whatever their share.
        {
          key: name,
          class: `part line-${parts.findIndex((each) => each.name === name) % 6}`,
          style: { flexGrow: percent },
        },
        h('span', { class: 'share' }, format.percent(percent)),
      ),
    ),
  );
}
