/** Usage and cost: the four reports of the system tables. It reads over a SQL warehouse, which it never starts by itself. */
import { type ComponentChild, h } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { cellText, DayBars, RowTable } from './parts/bars.ts';
import { Card, Facts } from './parts/card.ts';
import { useFormat } from './parts/format.ts';
import { Note, ReadingNote, Remarks } from './parts/note.ts';
import { ReadAt } from './parts/read-at.ts';
import { UsageChoices } from './parts/usage-choices.ts';
import { Warehouses } from './parts/warehouses.ts';
import type { ViewProps } from './place.ts';
import { failureOf } from './read/failure.ts';
import { spoken } from './read/state.ts';
import { type Cell, type FailedRequest, type Usage, usageOf } from './read/usage.ts';
import { argsOf, changed, firstWish, type Wish } from './read/usage-wish.ts';
import { useTool } from './use-tool.ts';

export function UsageView({ place, given }: ViewProps): ComponentChild {
  const own = given?.tool === 'get_usage' || given?.failed ? given : undefined;
  // Each answer of the chat is a new beginning.
  const first = useMemo(() => firstWish(own, place.endpoint), [own]);
  const [chosen, setChosen] = useState({ first, wish: first });
  const wish = chosen.first === first ? chosen.wish : first;
  const isFirst = wish === first;
  const isOpen = wish.report === 'failed_requests' && wish.endpoint === undefined;
  const reading = useTool('get_usage', argsOf(wish), {
    first: isFirst && own && !own.failed ? own : undefined,
    isComplete: true,
    // What the chat was refused is shown as it is, until a person chooses something else.
    when: !isOpen && !(isFirst && own?.failed),
  });
  const failure = reading.failure ?? (isFirst && own?.failed ? failureOf(own.data) : undefined);
  const { answer, offered, busy } = reading;
  const usage = useMemo(() => answer && usageOf(answer.data), [answer]);
  const change = (part: Partial<Wish>) => setChosen({ first, wish: changed(wish, part) });
  // A warehouse that has stopped since is not started again by a repeated reading.
  const refresh = () => (wish.start || (isFirst && own?.failed) ? change({}) : reading.refresh());

  return h('div', { class: 'grid' }, [
    h('div', { class: 'head wide' }, [
      h(
        'span',
        {},
        wish.endpoint === undefined ? 'All endpoints' : ['Endpoint ', h('b', {}, h('bdi', {}, wish.endpoint))],
      ),
      wish.endpoint !== undefined && offered
        ? h('button', { type: 'button', onClick: () => change({ endpoint: undefined }) }, 'All endpoints')
        : null,
      h(ReadAt, { readings: [reading], refresh }),
    ]),
    offered ? h(UsageChoices, { key: wish.endpoint, wish, change, busy }) : null,
    isOpen
      ? h(
          'div',
          { class: 'wide' },
          h(Note, { title: 'This report is about one endpoint. Name it, or choose one in the workspace.' }),
        )
      : null,
    failure
      ? h(Warehouses, { failure, busy, offered, refresh, choose: (warehouse, start) => change({ warehouse, start }) })
      : isOpen
        ? null
        : h(ReadingNote, { reading, what: 'The report' }),
    usage ? h(Report, { usage, pick: offered ? (endpoint) => change({ endpoint }) : undefined }) : null,
    answer && !usage ? h(Note, { tone: 'warn', title: 'This answer has no report that this view knows.' }) : null,
    !answer && !offered && !failure ? h(Note, { title: 'The report is not in this answer.' }) : null,
    h('p', { class: 'sr', role: 'status' }, busy ? 'Reading the report' : usage ? `Report ${usage.report} read` : ''),
  ]);
}

/** @param pick reads the report of one endpoint. */
function Report({ usage, pick }: { usage: Usage; pick: ((endpoint: string) => void) | undefined }): ComponentChild {
  const format = useFormat();
  const { report, by, since, until, currency, totals, main, days, others, failed, requests, late, warehouse } = usage;
  const facts = (cells: readonly (readonly [string, Cell])[]) =>
    cells.map(([term, cell]) => [term, cellText(cell, format, currency)] as const);
  const isEmpty = main.rows.length === 0 && requests.length === 0;
  // The sums of no rows are no measurement: the table may have none of an endpoint.
  const sums = (isEmpty ? [] : [...totals, ...failed]).map(([term, cell]) => {
    const text = cellText(cell, format, currency);
    return [term, cell.kind === 'text' || cell.kind === 'time' ? text : h('b', { class: 'sum' }, text)] as const;
  });
  const window = [
    since === undefined ? undefined : `From ${format.moment(since)}`,
    until === undefined ? undefined : `${since === undefined ? 'Up' : 'up'} to ${format.moment(until)}`,
  ].filter((each) => each !== undefined);
  const source = [
    window.length > 0 ? `${window.join(' ')}. ` : 'The answer does not say its window. ',
    `Read from ${usage.table ?? 'the system tables'}`,
    warehouse === undefined ? '.' : ` over the SQL warehouse ${warehouse}.`,
  ];
  const grouped = by === undefined ? '' : ` by ${spoken(by)}`;
  const title = `${spoken(report).replace(/^./, (first) => first.toUpperCase())}${grouped}`;
  return [
    h(Card, { title: sums.length > 0 ? 'At a glance' : title, wide: true, source: source.join('') }, [
      h(Facts, { facts: sums }),
      late === undefined ? null : h('p', {}, late),
    ]),
    usage.started === undefined
      ? null
      : h(
          'div',
          { class: 'wide' },
          h(Note, { tone: 'warn', title: 'The SQL warehouse was started.' }, h('p', {}, usage.started)),
        ),
    isEmpty
      ? h(
          'div',
          { class: 'wide' },
          h(
            Note,
            { title: 'No row in this window.' },
            usage.notes.map((each) => h('p', { key: each }, each)),
          ),
        )
      : null,
    main.rows.length > 0
      ? h(Card, { title: sums.length > 0 ? title : 'Config versions', wide: true }, [
          days ? h(DayBars, { days, currency }) : null,
          days
            ? h('details', {}, [
                h('summary', {}, `As a table (${main.rows.length} days)`),
                h(RowTable, { table: main, currency, label: title }),
              ])
            : h(RowTable, {
                table: main,
                currency,
                label: title,
                pick: usage.endpoint === undefined ? pick : undefined,
              }),
        ])
      : null,
    ...others.map(([name, table]) =>
      h(Card, { key: name, title: name, wide: true }, h(RowTable, { table, currency, label: name, pick })),
    ),
    ...requests.map((request, at) => h(Failed, { key: at, request, at: at + 1, facts })),
    h(Remarks, {
      title: 'Not in this report',
      lines: [...(usage.notTracked === undefined ? [] : [usage.notTracked]), ...usage.missing],
    }),
    isEmpty ? null : h(Remarks, { title: 'About these numbers', lines: usage.notes }),
  ];
}

/** One failed request. Its bodies are data of others, and stay text. */
function Failed({
  request: { facts: cells, request, response },
  at,
  facts,
}: {
  request: FailedRequest;
  at: number;
  facts: (cells: readonly (readonly [string, Cell])[]) => (readonly [string, string])[];
}): ComponentChild {
  return h(Card, { title: `Failed request ${at}` }, [
    h(Facts, { facts: facts(cells) }),
    ...[['Request', request] as const, ['Response', response] as const].map(([title, body]) =>
      body === undefined ? null : h('div', { key: title }, [h('h3', {}, title), h('pre', {}, body)]),
    ),
  ]);
}
