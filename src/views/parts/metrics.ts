/** The metrics of an endpoint: in total, and minute by minute. */
import { type ComponentChild, h } from 'preact';
import type { MeasuredEntity, Metrics, Numbers, Series, Sums } from '../read/metrics.ts';
import { Facts } from './card.ts';
import { Chart, type Line } from './chart.ts';
import { type Format, inTimes, useFormat } from './format.ts';
import { Remarks } from './note.ts';

/** The sums of one period. What the metrics do not have is left out. */
export function SumsNow({ sums }: { sums: Sums }): ComponentChild {
  const format = useFormat();
  const percent = (value: number | undefined) => (value === undefined ? undefined : format.percent(value));
  const time = (value: number | undefined) => (value === undefined ? undefined : format.duration(value));
  const number = (value: number | undefined) => (value === undefined ? undefined : format.number(value));
  return h(Facts, {
    facts: [
      ['Requests', number(sums.requests)],
      ['Requests a second', number(sums.perSecond)],
      ['Server errors (5xx)', percent(sums.errors5xx)],
      ['Client errors (4xx)', percent(sums.errors4xx)],
      ['Refused by a limit', percent(sums.rateLimited)],
      ['Latency, median', time(sums.p50)],
      ['Latency, p95', time(sums.p95)],
      ['Latency, p99', time(sums.p99)],
      ['Provisioned concurrency', number(sums.concurrency)],
      ['CPU', percent(sums.cpu)],
      ['Memory', percent(sums.memory)],
      ['GPU', percent(sums.gpu)],
    ],
  });
}

export interface MetricChartsProps {
  metrics: Metrics;
  /** The names of the entities in the order of their colours. */
  order: readonly string[];
  /** Changes, which are marked. */
  marks?: readonly { at: number; name: string }[];
}

type Field = 'requests' | 'errors_4xx' | 'errors_5xx' | 'rate_limited' | 'p95_ms';

/** Three charts: requests, errors and latency. With several entities, each has a line. */
export function MetricCharts({ metrics, order, marks = [] }: MetricChartsProps): ComponentChild {
  const format = useFormat();
  const { series } = metrics;
  if (!series) return null;
  const apart = metrics.entities.filter(({ series: own }) => own !== undefined);
  const of = (field: Field, name: string) => linesOf(series, apart, field, { name, order });
  const errors = (kind: 'errors_5xx' | 'errors_4xx', name: string) => of(kind, name);
  const common = { start: series.start, step: series.step, marks };
  const charts: ComponentChild[] = [
    chart('Requests each minute', of('requests', 'all entities'), common, format.number),
    ...(apart.length > 1
      ? [
          chart('Server errors (5xx) each minute', errors('errors_5xx', '5xx'), common, format.number),
          chart('Client errors (4xx) each minute', errors('errors_4xx', '4xx'), common, format.number),
        ]
      : [
          chart(
            'Errors each minute',
            [
              ...lineOf('5xx', series.errors_5xx, 1),
              ...lineOf('4xx', series.errors_4xx, 0),
              ...lineOf('refused by a limit (429)', series.rate_limited, 2),
            ],
            common,
            format.number,
          ),
        ]),
    chart('Latency, p95 of each minute', of('p95_ms', 'p95'), common, format.duration),
  ];
  const shown = charts.filter((each) => each !== null);
  return h('div', { class: `grid charts wide ${shown.length === 3 ? 'three' : ''}` }, shown);
}

function chart(
  title: string,
  lines: readonly Line[],
  common: { start: number; step: number; marks: readonly { at: number; name: string }[] },
  text: Format['number'],
): ComponentChild {
  if (lines.length === 0) return null;
  return h('div', { class: 'card', key: title }, h(Chart, { title, lines, text, ...common }));
}

function linesOf(
  total: Series,
  apart: readonly MeasuredEntity[],
  field: Field,
  { name, order }: { name: string; order: readonly string[] },
): Line[] {
  if (apart.length < 2) return lineOf(name, total[field], 0);
  return apart.flatMap((each, at) => {
    const look = order.indexOf(each.name);
    return lineOf(each.name, each.series?.[field], look < 0 ? at : look);
  });
}

function lineOf(name: string, values: Numbers | undefined, look: number): Line[] {
  return values ? [{ name, values, look }] : [];
}

/** What the metrics do not show, in the words of the tool. */
export function MetricRemarks({ metrics }: { metrics: Metrics }): ComponentChild {
  const format = useFormat();
  const read = (lines: readonly string[]) => lines.map((each) => inTimes(each, format));
  return h('div', { class: 'grid wide' }, [
    h(Remarks, { title: 'Not in these numbers', lines: read([...metrics.missing, ...metrics.notChecked]) }),
    h(Remarks, { title: 'About these numbers', lines: read(metrics.notes) }),
    h(Remarks, { title: 'Compared', lines: metrics.comparisons }),
  ]);
}

/**
 * Where the numbers come from, and of when they are.
 * @param readAt when this page received them. A workspace whose clock is ahead, such as the sandbox, would seem to know the future.
 */
export function sourceOf({ period, asOf, behind }: Metrics, readAt: number, format: Format): string {
  const time = asOf === undefined ? 'at a time that the answer does not say' : `up to ${format.moment(asOf)}`;
  const late = behind === undefined ? '' : `, ${format.number(behind)} seconds ago`;
  const clock = asOf !== undefined && readAt > 0 && asOf > readAt + AHEAD ? ', by the clock of the workspace' : '';
  return `Metrics of the endpoint, ${period ?? 'a period that the answer does not say'} ${time}${late}${clock}`;
}

/** Clocks that differ by less are the same for a person. Milliseconds. */
const AHEAD = 60_000;
