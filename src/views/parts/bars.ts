/** Bars: one for each day, or one in each row of a table. */
import { type ComponentChild, h } from 'preact';
import { useId } from 'preact/hooks';
import type { Cell, Days, Table } from '../read/usage.ts';
import { type Format, useFormat } from './format.ts';

/** @param currency as the answer has it, such as USD. */
export function cellText({ kind, value }: Cell, format: Format, currency: string | undefined): string {
  if (typeof value === 'string') return value;
  if (kind === 'time') return format.moment(value);
  if (kind === 'duration') return format.duration(value);
  if (kind === 'percent') return format.percent(value);
  return kind === 'money' && currency !== undefined ? `${format.number(value)} ${currency}` : format.number(value);
}

const HEIGHT = 120;

/** The days as columns. A day without a row has a gap, and no column of height zero. */
export function DayBars({ days, currency }: { days: Days; currency: string | undefined }): ComponentChild {
  const format = useFormat();
  const id = useId();
  const { start, values, title, kind, isCut } = days;
  const text = (value: number) => cellText({ kind, value }, format, currency);
  const day = (at: number) => format.date(start + at * DAY);
  const known = values.flatMap((value) => value ?? []);
  const most = Math.max(...known, 0);
  const width = 100 / values.length;
  const peak = values.indexOf(most);
  const gaps = values.length - known.length;
  const says = [
    `Most: ${text(most)} on ${day(peak)}.`,
    `Least: ${text(Math.min(...known))}.`,
    gaps > 0 ? `${gaps} of ${values.length} days have no row.` : '',
    isCut ? 'The first and the last day may not be whole.' : '',
  ];
  return h('figure', { class: 'chart', 'aria-labelledby': id }, [
    h('figcaption', { id }, `${title} of each day (UTC)`),
    h('svg', { class: 'days', width: '100%', height: HEIGHT, 'aria-hidden': true, focusable: 'false' }, [
      h('line', { class: 'axis', x1: 0, x2: '100%', y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 }),
      values.map((value, at) => {
        if (value === null || most <= 0) return null;
        const height = Math.max(1, (HEIGHT - 4) * (Math.max(0, value) / most));
        return h(
          'rect',
          { key: at, x: `${at * width + width * 0.1}%`, y: HEIGHT - height, width: `${width * 0.8}%`, height },
          h('title', {}, `${day(at)}: ${text(value)}`),
        );
      }),
    ]),
    h('div', { class: 'ends', 'aria-hidden': true }, [h('span', {}, day(0)), h('span', {}, day(values.length - 1))]),
    h('p', { class: 'source' }, says.join(' ')),
  ]);
}

const DAY = 86_400_000;

/** @param pick shows more about an endpoint. Undefined: names are no buttons. */
export function RowTable({
  table,
  currency,
  label,
  pick,
}: {
  table: Table;
  currency: string | undefined;
  label: string;
  pick?: ((endpoint: string) => void) | undefined;
}): ComponentChild {
  const format = useFormat();
  const { columns, rows, measure } = table;
  const at = measure ? columns.indexOf(measure) : -1;
  const numbers = rows.map((row) => Number(row[at]?.value ?? 0));
  const most = Math.max(...numbers, 0);
  const isNumber = (kind: string) => kind !== 'text' && kind !== 'time';
  return h('div', { class: 'list' }, [
    h('table', { class: columns.length > 5 ? 'stack broad' : 'stack', 'aria-label': label }, [
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map(({ field, title, kind }) =>
            h('th', { key: field, scope: 'col', class: isNumber(kind) ? 'num' : '' }, title),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row, index) =>
          h(
            'tr',
            { key: index },
            columns.map(({ field, title, kind }, column) => {
              const cell = row[column];
              const text = cell ? cellText(cell, format, currency) : '–';
              const props = { key: field, class: isNumber(kind) ? 'num' : '', 'data-label': title };
              if (column === 0) {
                const name = typeof cell?.value === 'string' && field === 'endpoint' ? cell.value : undefined;
                const shown = h('bdi', {}, text);
                return h(
                  'th',
                  { ...props, scope: 'row' },
                  pick && name !== undefined && name !== 'not named'
                    ? h('button', { type: 'button', class: 'link', onClick: () => pick(name) }, shown)
                    : shown,
                );
              }
              const share = column === at && most > 0 ? (100 * Math.max(0, numbers[index] ?? 0)) / most : undefined;
              return h('td', props, [
                text,
                share === undefined
                  ? null
                  : h('span', { class: 'bar', 'aria-hidden': true }, h('span', { style: { width: `${share}%` } })),
              ]);
            }),
          ),
        ),
      ),
    ]),
    table.omitted === undefined ? null : h('p', { class: 'muted' }, table.omitted),
  ]);
}
