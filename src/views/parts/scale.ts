/** The difference of one gate on a small scale: what was measured, the bound that it stays below, and the margins. */
import { type ComponentChild, h } from 'preact';
import { type Gate, scaleOf } from '../read/gate.ts';
import { useFormat } from './format.ts';

const HEIGHT = 34;
/** Where the bar lies, and how high the marks are. */
const BAR = 12;

/** @param look the colour of the canary. */
export function GateScale({ gate, look }: { gate: Gate; look: number }): ComponentChild {
  const format = useFormat();
  const scale = scaleOf(gate);
  const { difference, upper, margin, failMargin } = gate;
  if (!scale || difference === undefined) return null;
  const x = (value: number) => `${scale.at(value).toFixed(2)}%`;
  const points = (value: number) => `${format.number(Math.abs(value))} ${Math.abs(value) === 1 ? 'point' : 'points'}`;
  const fails = failMargin !== undefined && failMargin !== margin ? failMargin : undefined;
  const worse = difference < 0 ? `${points(difference)} better` : `${points(difference)} worse`;
  return h('div', { class: `scale line-${look}` }, [
    h('svg', { width: '100%', height: HEIGHT, 'aria-hidden': true, focusable: 'false' }, [
      margin === undefined ? null : h('rect', { class: 'allowed', x: 0, y: BAR - 9, width: x(margin), height: 18 }),
      h('line', { class: 'axis', x1: 0, x2: '100%', y1: BAR, y2: BAR }),
      tick(x(0), '0', scale.at(0), 'zero'),
      margin === undefined ? null : tick(x(margin), format.number(margin), scale.at(margin), 'margin'),
      fails === undefined ? null : tick(x(fails), format.number(fails), scale.at(fails), 'fails'),
      upper === undefined
        ? null
        : [
            h('line', { class: 'range', x1: x(difference), x2: x(upper), y1: BAR, y2: BAR }),
            h('line', { class: 'cap', x1: x(upper), x2: x(upper), y1: BAR - 6, y2: BAR + 6 }),
          ],
      h('circle', { class: 'dot', cx: x(difference), cy: BAR, r: 5 }),
    ]),
    h('p', {}, [
      h('b', {}, worse),
      upper === undefined ? '' : `, at most ${format.number(upper)}`,
      h('span', { class: 'muted' }, [
        margin === undefined ? '' : `. Passes below ${format.number(margin)}`,
        fails === undefined ? '.' : `, fails from ${format.number(fails)} with evidence.`,
      ]),
    ]),
  ]);
}

function tick(x: string, text: string, at: number, kind: string): ComponentChild {
  const anchor = at > 92 ? 'end' : at < 4 ? 'start' : 'middle';
  return [
    h('line', { class: `tick ${kind}`, x1: x, x2: x, y1: BAR - 9, y2: BAR + 9 }),
    h('text', { x, y: HEIGHT - 2, 'text-anchor': anchor }, text),
  ];
}

/** What the marks mean, once for all scales. */
export function ScaleKey(): ComponentChild {
  return h('p', { class: 'source' }, [
    'Percentage points by which the canary is worse. Dot: measured. Bar: what is possible, up to the bound at 90 % confidence. ',
    'Dashed line: the margin, below which the bound must lie. Shaded: where a gate passes.',
  ]);
}
