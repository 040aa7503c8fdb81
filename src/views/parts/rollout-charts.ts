/** Requests, errors and latency of both versions, minute by minute. */
import { type ComponentChild, h } from 'preact';
import type { MeasuredEntity, Metrics, Numbers } from '../read/metrics.ts';
import type { Rollout } from '../read/rollout.ts';
import { changeText } from '../read/rollout-words.ts';
import { Chart, type Line } from './chart.ts';
import { useFormat } from './format.ts';

export interface RolloutChartsProps {
  rollout: Rollout;
  metrics: Metrics;
  lookOf: (entity: string | undefined) => number;
}

export function RolloutCharts({ rollout, metrics, lookOf }: RolloutChartsProps): ComponentChild {
  const format = useFormat();
  const { canary, baseline, changes } = rollout;
  const both = [canary, baseline].flatMap((name) => metrics.entities.find((each) => each.name === name) ?? []);
  const series = both.find((each) => each.series)?.series;
  if (!series) return null;
  const lines = (of: (entity: MeasuredEntity) => Numbers | undefined): Line[] =>
    both.flatMap((each) => {
      const values = of(each);
      return values ? [{ name: each.name, values, look: lookOf(each.name) }] : [];
    });
  const marks = changes.flatMap(({ at, event, step, percent }) =>
    at === undefined ? [] : [{ at, name: changeText(event, step, percent) }],
  );
  const charts = [
    { title: 'Server errors (5xx), share of each minute', lines: lines(shareOf('errors_5xx')), text: format.percent },
    { title: 'Client errors (4xx), share of each minute', lines: lines(shareOf('errors_4xx')), text: format.percent },
    { title: 'Latency, p95 of each minute', lines: lines((each) => each.series?.p95_ms), text: format.duration },
    { title: 'Requests each minute', lines: lines((each) => each.series?.requests), text: format.number },
  ];
  return charts
    .filter((each) => each.lines.length > 0)
    .map((each) =>
      h(
        'div',
        { class: 'card', key: each.title },
        h(Chart, { ...each, start: series.start, step: series.step, marks }),
      ),
    );
}

/** A minute without a request has no share. */
function shareOf(field: 'errors_5xx' | 'errors_4xx'): (entity: MeasuredEntity) => Numbers | undefined {
  return ({ series }) => {
    const { requests } = series ?? {};
    const bad = series?.[field];
    return bad?.map((value, at) => {
      const all = requests?.[at];
      return value === null || all === null || all === undefined || all <= 0 ? null : (100 * value) / all;
    });
  };
}
