/** Series over time as an SVG, with the same numbers as text and as a table. A chart library would be larger than all views together. */
import { max, min } from 'd3-array';
import { type ComponentChild, h } from 'preact';
import { useId, useState } from 'preact/hooks';
import { pathsOf, timeTicks, valueAxis } from '../read/axis.ts';
import { Boundary } from './boundary.ts';
import { useFormat } from './format.ts';

export interface Line {
  name: string;
  /** One number for each step, oldest first. `null` is a gap, and stays one. */
  values: readonly (number | null)[];
  /** Which of the colours and dashes it has: an entity keeps its own in all charts. */
  look: number;
}

/** A horizontal line, such as a limit. */
export interface Bound {
  name: string;
  value: number;
}

export interface ChartProps {
  title: string;
  lines: readonly Line[];
  /** Start of the first step, in milliseconds since 1970, and the length of a step in seconds. */
  start: number;
  step: number;
  /** A value as text, with its unit. */
  text: (value: number) => string;
  bounds?: readonly Bound[];
  /** Instants that are marked, such as changes. */
  marks?: readonly { at: number; name: string }[];
}

/** Dashes tell lines apart without colours. */
const DASHES: readonly string[] = ['', '8 4', '2 4', '12 4 2 4', '4 2', '16 4'];
/** The drawing is stretched to the width of its place, and its lines keep their width. */
const WIDTH = 1_000;
const HEIGHT = 150;

/** A chart that cannot be drawn leaves the others. */
export function Chart(props: ChartProps): ComponentChild {
  return h(Boundary, { part: props.title }, h(Figure, props));
}

function Figure(props: ChartProps): ComponentChild {
  const { title, lines, start, step, text } = props;
  const format = useFormat();
  const id = useId();
  const [at, setAt] = useState<number | undefined>(undefined);
  const time = (index: number) => format.clock(start + index * step * 1_000);
  const shown = at ?? lastKnown(lines);
  return h('figure', { class: 'chart', 'aria-labelledby': id }, [
    h('figcaption', { id }, [title, h('span', { class: 'sr' }, ` ${summary(props, time)}`)]),
    h(Plot, { ...props, at, hover: setAt }),
    h('ul', { class: 'legend', 'aria-hidden': true }, [
      shown === undefined ? null : h('li', { class: 'at' }, time(shown)),
      ...lines.map(({ name, look, values }) => {
        const value = shown === undefined ? null : (values[shown] ?? null);
        return h('li', { key: name }, [
          h('span', { class: `key line-${look % 6}` }),
          h('span', { class: 'name' }, name),
          ' ',
          h('b', {}, value === null ? 'no reading' : text(value)),
        ]);
      }),
      ...(props.bounds ?? []).map(({ name, value }) =>
        h('li', { key: `bound ${name}` }, [h('span', { class: 'key bound' }), `${name} `, h('b', {}, text(value))]),
      ),
    ]),
    h('details', {}, [
      h('summary', {}, ['As a table', h('span', { class: 'sr' }, `: ${title}`)]),
      h(
        'div',
        { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': `${title}, as a table` },
        tableOf(props, time),
      ),
    ]),
  ]);
}

/** The index of the newest step with a number. */
function lastKnown(lines: readonly Line[]): number | undefined {
  const length = Math.max(0, ...lines.map(({ values }) => values.length));
  for (let index = length - 1; index >= 0; index--) if (lines.some(({ values }) => values[index] != null)) return index;
  return undefined;
}

/** @param at the step under the pointer. */
function Plot({
  lines,
  start,
  step,
  text,
  bounds = [],
  marks = [],
  at,
  hover,
}: ChartProps & { at: number | undefined; hover: (index: number | undefined) => void }): ComponentChild {
  const format = useFormat();
  const last = Math.max(1, ...lines.map(({ values }) => values.length - 1));
  const end = start + last * step * 1_000;
  const known = lines.flatMap(({ values }) => values.flatMap((value) => value ?? []));
  const axis = valueAxis([...known, ...bounds.map(({ value }) => value)]);
  const y = (value: number) => HEIGHT - (HEIGHT * (value - axis.low)) / (axis.high - axis.low);
  const x = (index: number) => (WIDTH * index) / last;
  const xOf = (time: number) => (WIDTH * (time - start)) / (end - start);
  const upright = (place: number, kind: string) => h('path', { class: kind, d: `M${place.toFixed(1)} 0V${HEIGHT}` });
  const level = (value: number, kind: string) => h('path', { class: kind, d: `M0 ${y(value).toFixed(1)}H${WIDTH}` });
  const times = timeTicks(start, end);
  const move = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect(); // the handler is that of this element
    const index = Math.round((last * (event.clientX - left)) / width);
    hover(index >= 0 && index <= last ? index : undefined);
  };
  return h('div', { class: 'plot', 'aria-hidden': true, onPointerMove: move, onPointerLeave: () => hover(undefined) }, [
    h('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', focusable: 'false' }, [
      axis.ticks.map((each) => level(each, 'rule')),
      times.map((each) => upright(xOf(each), 'rule')),
      marks.map((each) => (each.at >= start && each.at <= end ? upright(xOf(each.at), 'mark') : null)),
      bounds.map(({ value }) => level(value, 'limit')),
      at === undefined ? null : upright(x(at), 'pointer'),
      // Dashes lie above what they could cover.
      lines
        .toSorted((a, b) => a.look - b.look)
        .map(({ name, look, values }) => {
          const { line, points } = pathsOf(values, x, y);
          const dashes = DASHES[look % DASHES.length];
          return h('g', { key: name, class: `line-${look % 6}` }, [
            h('path', { class: 'series', 'stroke-dasharray': dashes, d: line }),
            h('path', { class: 'series points', d: points }),
          ]);
        }),
    ]),
    axis.ticks.map((each) => h('span', { class: 'y', style: { top: `${(100 * y(each)) / HEIGHT}%` } }, text(each))),
    times.map((each) =>
      h('span', { class: 'x', style: { left: `${(100 * xOf(each)) / WIDTH}%` } }, format.clock(each)),
    ),
  ]);
}

/** The chart in sentences, for those who do not see it. */
function summary({ lines, bounds = [], marks = [], text }: ChartProps, time: (index: number) => string): string {
  const sentences = lines.map(({ name, values }) => {
    const known = values.flatMap((value) => value ?? []);
    const gaps = values.length - known.length;
    const missing = gaps > 0 ? ` ${gaps} of ${values.length} steps have no reading.` : '';
    const last = values.findLastIndex((value) => value !== null);
    if (last < 0) return `${name}: no reading.`;
    const newest = `${text(values[last] ?? 0)} at ${time(last)}`;
    return `${name}: ${newest}, lowest ${text(min(known) ?? 0)}, highest ${text(max(known) ?? 0)}.${missing}`;
  });
  const others = [
    ...bounds.map(({ name, value }) => `${name}: ${text(value)}.`),
    ...(marks.length > 0 ? [`Marked: ${marks.map(({ name }) => name).join(', ')}.`] : []),
  ];
  return [...sentences, ...others].join(' ');
}

function tableOf({ lines, text }: ChartProps, time: (index: number) => string): ComponentChild {
  const length = Math.max(0, ...lines.map(({ values }) => values.length));
  return h('table', {}, [
    h(
      'thead',
      {},
      h('tr', {}, [h('th', { scope: 'col' }, 'Time'), ...lines.map(({ name }) => h('th', { scope: 'col' }, name))]),
    ),
    h(
      'tbody',
      {},
      Array.from({ length }, (_, index) =>
        h('tr', { key: index }, [
          h('th', { scope: 'row' }, time(index)),
          ...lines.map(({ name, values }) => {
            const value = values[index];
            return h('td', { key: name }, value === null || value === undefined ? '–' : text(value));
          }),
        ]),
      ),
    ),
  ]);
}
