/** The workspace at a glance: endpoints by their state, what needs a person, and where the requests go. */
import { type ComponentChild, h } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Badge } from './parts/badge.ts';
import { Card } from './parts/card.ts';
import { useFormat } from './parts/format.ts';
import { Note, Remarks } from './parts/note.ts';
import { Urgents } from './parts/urgent.ts';
import type { Place, ViewProps } from './place.ts';
import { sweepOf } from './read/diagnosis.ts';
import { toneOfStatus } from './read/state.ts';
import {
  GROUPS,
  type GroupName,
  groupOf,
  matching,
  type Order,
  pageOf,
  type Row,
  requestsIn,
  sorted,
  withRequests,
} from './read/workspace.ts';
import { useDeferred } from './use-deferred.ts';
import { type Pages, usePages } from './use-pages.ts';

/** Rows that are drawn at first, and with each press of the button. */
const STEP = 50;
/** Endpoints of one answer: the most that the tool gives. */
const LIMIT = 100;

export function WorkspaceView({ given, go }: ViewProps): ComponentChild {
  const format = useFormat();
  const isList = given?.tool === 'list_endpoints';
  const isSweep = given?.tool === 'diagnose_endpoint';
  const filters = isList ? withoutPage(given.args) : {};
  const listed = usePages('list_endpoints', { limit: LIMIT, ...filters }, { first: isList ? given : undefined });
  const judged = usePages('diagnose_endpoint', {}, { first: isSweep ? given : undefined });
  const [busyAsked, setBusyAsked] = useState(false);
  const busy = usePages('list_endpoints', { limit: LIMIT, idle: false }, { when: busyAsked });

  const pages = useMemo(() => listed.answers.map(({ data }) => pageOf(data)), [listed.answers]);
  const rows = useMemo(() => {
    const counts = new Map(busy.answers.flatMap(({ data }) => requestsIn(data)));
    return withRequests(
      pages.flatMap((page) => page.rows),
      counts,
    );
  }, [pages, busy.answers]);
  const total = pages[0]?.total;
  const asOf = listed.answers.at(-1)?.at;

  return h('div', { class: 'grid' }, [
    h('div', { class: 'head wide' }, [
      pages[0]?.workspace === undefined ? null : h('span', { class: 'muted' }, h('bdi', {}, pages[0].workspace)),
      h('span', { class: 'read-at' }, [
        asOf === undefined || asOf === 0 ? null : h('span', { class: 'muted' }, `Read at ${format.moment(asOf)} `),
        listed.offered
          ? h(
              'button',
              {
                type: 'button',
                disabled: listed.busy || judged.busy,
                onClick: () => {
                  listed.refresh();
                  judged.refresh();
                  if (busyAsked) busy.refresh();
                },
              },
              listed.busy || judged.busy ? 'Reading …' : 'Refresh',
            )
          : null,
      ]),
    ]),
    h(Progress, { pages: listed, read: rows.length, total }),
    h(Urgents, { pages: judged, sweeps: judged.answers.map(({ data }) => sweepOf(data)), go }),
    rows.length > 0
      ? h(Endpoints, {
          rows,
          total,
          complete: listed.complete,
          go,
          busy: { pages: busy, asked: busyAsked, ask: () => setBusyAsked(true) },
        })
      : null,
    rows.length === 0 && listed.complete
      ? h(
          Note,
          { title: 'There are no endpoints here.' },
          pages.flatMap(({ notes }) => notes).map((each) => h('p', { key: each }, each)),
        )
      : null,
    rows.length > 0 ? h(Remarks, { title: 'About this list', lines: pages.flatMap(({ notes }) => notes) }) : null,
    h(Remarks, {
      title: 'Not shown',
      tone: 'warn',
      lines: pages.some(({ unread }) => unread > 0)
        ? [`${pages.reduce((sum, { unread }) => sum + unread, 0)} entries have a form that this view does not know.`]
        : [],
    }),
  ]);
}

/** The filters of a call, without the page that it asked for. */
function withoutPage({ cursor: _cursor, limit: _limit, ...filters }: Record<string, unknown>): Record<string, unknown> {
  return filters;
}

function Progress({ pages, read, total }: { pages: Pages; read: number; total: number | undefined }): ComponentChild {
  const format = useFormat();
  const { failure, busy, refresh, complete, offered } = pages;
  const part =
    total === undefined
      ? `${format.number(read)} endpoints are here.`
      : `${format.number(read)} of ${format.number(total)} endpoints are here.`;
  if (failure)
    return h(Note, { tone: 'bad', title: 'The list could not be read to its end.', live: true }, [
      h('p', {}, `${failure.message} ${part}`),
      failure.next === undefined ? null : h('p', {}, failure.next),
      h('button', { type: 'button', onClick: refresh, disabled: busy }, 'Try again'),
    ]);
  if (busy && !complete)
    return h('p', { class: 'muted wide', role: 'status' }, read === 0 ? 'Reading the endpoints …' : `Reading: ${part}`);
  if (!complete && !offered && read > 0) return h('p', { class: 'muted wide' }, `This answer is one page. ${part}`);
  return null;
}

interface Busy {
  pages: Pages;
  asked: boolean;
  ask: () => void;
}

function Endpoints({
  rows,
  total,
  complete,
  go,
  busy,
}: {
  rows: readonly Row[];
  total: number | undefined;
  complete: boolean;
  go: (place: Place) => void;
  busy: Busy;
}): ComponentChild {
  const format = useFormat();
  const [group, setGroup] = useState<GroupName | undefined>(undefined);
  const [text, setText] = useState('');
  const [order, setOrder] = useState<Order>('name');
  const [most, setMost] = useState(STEP);
  const asked = useDeferred(text);
  const counts = useMemo(() => {
    const found = new Map<GroupName, number>();
    for (const row of rows) found.set(groupOf(row), (found.get(groupOf(row)) ?? 0) + 1);
    return found;
  }, [rows]);
  const found = useMemo(() => sorted(matching(rows, asked, group), order), [rows, asked, group, order]);
  const shown = found.slice(0, most);
  const isKnown = rows.some(({ requests }) => requests !== undefined);
  const counted = complete || total === undefined ? '' : ' so far';

  return h(Card, { title: `Endpoints${counted}: ${format.number(rows.length)}`, wide: true }, [
    h(
      'div',
      { class: 'tiles', role: 'group', 'aria-label': 'Endpoints by state' },
      GROUPS.filter(({ name }) => counts.has(name)).map(({ name }) =>
        h(
          'button',
          {
            key: name,
            type: 'button',
            class: 'tile',
            'aria-pressed': group === name,
            onClick: () => {
              setGroup(group === name ? undefined : name);
              setMost(STEP);
            },
          },
          [
            h('b', {}, format.number(counts.get(name) ?? 0)),
            h('span', {}, h(Badge, { tone: TONES[name], word: name })),
          ],
        ),
      ),
    ),
    h('div', { class: 'buttons' }, [
      h('label', {}, [
        'Filter ',
        h('input', {
          type: 'search',
          value: text,
          placeholder: 'name, model, creator',
          onInput: (event: Event) => {
            setText((event.target as HTMLInputElement).value); // the input itself
            setMost(STEP);
          },
        }),
      ]),
      h('label', {}, [
        'Order ',
        h(
          'select',
          { value: order, onChange: (event: Event) => setOrder((event.target as HTMLSelectElement).value as Order) },
          [
            h('option', { value: 'name' }, 'by state and name'),
            h('option', { value: 'changed' }, 'by last change'),
            isKnown ? h('option', { value: 'requests' }, 'by requests') : null,
          ],
        ),
      ]),
      busy.pages.offered && !busy.asked
        ? h('button', { type: 'button', onClick: busy.ask }, 'Read the requests of the last minute')
        : null,
      busy.asked ? h('span', { class: 'muted', role: 'status' }, requestsText(busy.pages)) : null,
    ]),
    h(
      'p',
      { class: 'muted', role: 'status' },
      found.length === rows.length ? '' : `${format.number(found.length)} match`,
    ),
    shown.length > 0 ? h(Table, { rows: shown, isKnown, go }) : null,
    found.length > shown.length
      ? h(
          'div',
          {},
          h(
            'button',
            { type: 'button', onClick: () => setMost(most + STEP) },
            `Show ${format.number(Math.min(STEP, found.length - shown.length))} more of ${format.number(found.length)}`,
          ),
        )
      : null,
  ]);
}

const TONES = { 'needs a look': 'warn', changing: 'busy', stopped: 'plain', ready: 'good', other: 'plain' } as const;

function requestsText({ busy, failure, complete }: Pages): string {
  if (failure) return `The requests could not be read: ${failure.message}`;
  if (busy && !complete) return 'Reading the requests …';
  return 'Requests of the last minute, from the metrics. Endpoints without a number had none or are not known.';
}

function Table({
  rows,
  isKnown,
  go,
}: {
  rows: readonly Row[];
  isKnown: boolean;
  go: (place: Place) => void;
}): ComponentChild {
  const format = useFormat();
  return h('table', { class: 'stack' }, [
    h('thead', {}, [
      h('tr', {}, [
        h('th', { scope: 'col' }, 'Endpoint'),
        h('th', { scope: 'col' }, 'State'),
        h('th', { scope: 'col' }, 'Serves'),
        isKnown ? h('th', { scope: 'col', class: 'num' }, 'Requests a minute') : null,
        h('th', { scope: 'col' }, 'Creator'),
        h('th', { scope: 'col' }, 'Last change'),
      ]),
    ]),
    h(
      'tbody',
      {},
      rows.map(({ name, status, serves, update, task, creator, changed, atZero, requests, isService }) =>
        h('tr', { key: name }, [
          h(
            'th',
            { scope: 'row' },
            h(
              'button',
              { type: 'button', class: 'link', onClick: () => go({ view: 'endpoint', endpoint: name }) },
              h('bdi', {}, name),
            ),
          ),
          h('td', { 'data-label': 'State' }, [
            isService && status === undefined
              ? 'model service'
              : status === undefined
                ? 'not known'
                : h(Badge, { tone: toneOfStatus(status), word: status }),
            atZero ? h('span', { class: 'muted' }, ' scaled to zero') : null,
          ]),
          h('td', { 'data-label': 'Serves' }, [
            h('bdi', {}, serves ?? (task === undefined ? 'not listed' : `not listed; task ${task}`)),
            update === undefined ? null : h('p', { class: 'muted' }, ['update: ', h('bdi', {}, update)]),
          ]),
          isKnown
            ? h(
                'td',
                { class: 'num', 'data-label': 'Requests a minute' },
                requests === undefined ? '–' : format.number(requests),
              )
            : null,
          h('td', { class: 'person', 'data-label': 'Creator' }, h('bdi', {}, creator ?? '–')),
          h('td', { 'data-label': 'Last change' }, changed === undefined ? '–' : format.day(changed)),
        ]),
      ),
    ),
  ]);
}
