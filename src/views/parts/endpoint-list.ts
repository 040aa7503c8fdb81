/** The endpoints as a table that a person filters and sorts. */
import { type ComponentChild, h } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Place } from '../place.ts';
import { toneOfStatus } from '../read/state.ts';
import { GROUPS, type GroupName, groupOf, matching, type Order, type Row, sorted } from '../read/workspace.ts';
import { useDeferred } from '../use-deferred.ts';
import { Badge } from './badge.ts';
import { Card } from './card.ts';
import { useFormat } from './format.ts';

/** Rows that are drawn at first, and with each press of the button. */
const STEP = 50;

/** @param complete whether all pages are here. */
export function EndpointList({
  rows,
  total,
  complete,
  go,
}: {
  rows: readonly Row[];
  total: number | undefined;
  complete: boolean;
  go: (place: Place) => void;
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
  return h('table', { class: 'stack names' }, [
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
          h('td', { class: 'long', 'data-label': 'Serves' }, [
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
