/** Series over time, drawn by uPlot on a canvas, with the same numbers as text and as a table. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
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
const DASHES: readonly number[][] = [[], [8, 4], [2, 4], [12, 4, 2, 4], [4, 2], [16, 4]];
const HEIGHT = 150;

export function Chart(props: ChartProps): ComponentChild {
  const { title, lines, start, step, text } = props;
  const format = useFormat();
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [at, setAt] = useState<number | null>(null);
  const newest = useRef(props);
  newest.current = props;
  const shape = JSON.stringify([lines.map(({ name, look }) => [name, look]), props.bounds?.map(({ name }) => name)]);

  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const make = () => {
      plot.current?.destroy();
      const { clientWidth: width } = parent;
      if (width === 0) return;
      plot.current = new uPlot(
        optionsOf(newest, width, setAt, () => newest.current.text, format.clock),
        dataOf(newest.current),
        parent,
      );
    };
    make();
    const resized = new ResizeObserver(() => {
      const { clientWidth: width } = parent;
      if (width === 0 || width === plot.current?.width) return;
      if (plot.current) plot.current.setSize({ width, height: HEIGHT });
      else make();
    });
    resized.observe(parent);
    // Colours are read when the chart is made.
    const themed = new MutationObserver(make);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    return () => {
      resized.disconnect();
      themed.disconnect();
      scheme.removeEventListener('change', make);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(
    () => plot.current?.setData(dataOf(newest.current)),
    [JSON.stringify([lines.map(({ values }) => values), start])],
  );

  const time = (index: number) => format.clock(start + index * step * 1_000);
  const shown = at ?? lastKnown(lines);
  return h('figure', { class: 'chart', 'aria-labelledby': id }, [
    h('figcaption', { id }, [title, h('span', { class: 'sr' }, ` ${summary(props, time)}`)]),
    h('div', { class: 'plot', ref: place, 'aria-hidden': true }),
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

function dataOf({ lines, start, step, bounds = [] }: ChartProps): uPlot.AlignedData {
  const length = Math.max(0, ...lines.map(({ values }) => values.length));
  const times = Array.from({ length }, (_, index) => start / 1_000 + index * step);
  return [times, ...lines.map(({ values }) => [...values]), ...bounds.map(({ value }) => times.map(() => value))];
}

function optionsOf(
  newest: { current: ChartProps },
  width: number,
  hover: (index: number | null) => void,
  text: () => (value: number) => string,
  clock: (at: number) => string,
): uPlot.Options {
  const { lines, bounds = [] } = newest.current;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--grid'), width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: { y: { range: (_plot, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.08 : 1] } },
    axes: [
      { ...axis, size: 30, space: 70, values: (_plot, times) => times.map((each) => clock(each * 1_000)) },
      {
        ...axis,
        size: (_plot, labels) => 14 + 7 * Math.max(2, ...(labels ?? []).map((each) => each.length)),
        space: 34,
        values: (_plot, values) => values.map((each) => text()(each)),
      },
    ],
    series: [
      {},
      ...lines.map(({ name, look }) => ({
        label: name,
        stroke: colour(`--line-${look % 6}`),
        width: 2,
        dash: DASHES[look % DASHES.length] ?? [],
        // A line needs two neighbours. A number between two gaps is a point.
        points: { size: 6, fill: colour(`--line-${look % 6}`), filter: lonely },
      })),
      ...bounds.map(({ name }) => ({
        label: name,
        stroke: colour('--muted'),
        width: 1,
        dash: [3, 3],
        points: { show: false },
      })),
    ],
    hooks: {
      setCursor: [(plot) => hover(plot.cursor.idx ?? null)],
      draw: [(plot) => drawMarks(plot, newest.current.marks ?? [], colour('--muted'))],
    },
  };
}

const lonely: uPlot.Series.Points.Filter = (plot, series) => {
  const values = plot.data[series] ?? [];
  const known = (index: number) => values[index] !== null && values[index] !== undefined;
  return Array.from(values.keys()).filter((index) => known(index) && !known(index - 1) && !known(index + 1));
};

function drawMarks(plot: uPlot, marks: readonly { at: number }[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([2, 3]);
  for (const { at } of marks) {
    const x = plot.valToPos(at / 1_000, 'x', true);
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
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
    return `${name}: ${newest}, lowest ${text(Math.min(...known))}, highest ${text(Math.max(...known))}.${missing}`;
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
