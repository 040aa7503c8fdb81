/** The workspace at a glance: endpoints by their state, what needs a person, and where the requests go. */
import { type ComponentChild, h } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Boundary } from './parts/boundary.ts';
import { Busiest } from './parts/busiest.ts';
import { EndpointList } from './parts/endpoint-list.ts';
import { useFormat } from './parts/format.ts';
import { Note, Remarks } from './parts/note.ts';
import { Urgents } from './parts/urgent.ts';
import type { ViewProps } from './place.ts';
import { sweepOf } from './read/diagnosis.ts';
import { numberOf } from './read/fields.ts';
import { sentence } from './read/state.ts';
import { pageOf, useIn, withRequests } from './read/workspace.ts';
import { type Pages, usePages } from './use-pages.ts';

/** Endpoints of one answer: the most that the tool gives. */
const LIMIT = 100;

export function WorkspaceView({ given, go }: ViewProps): ComponentChild {
  const format = useFormat();
  const isList = given?.tool === 'list_endpoints';
  const isSweep = given?.tool === 'diagnose_endpoint';
  const filters = isList ? withoutPage(given.args) : {};
  const listed = usePages('list_endpoints', { limit: LIMIT, ...filters }, { first: isList ? given : undefined });
  const judged = usePages('diagnose_endpoint', {}, { first: isSweep ? given : undefined });
  const total = numberOf(listed.answers[0]?.data.total);
  // The requests are in the metrics of each endpoint, one call for each. In a large workspace a person decides.
  const [wanted, setWanted] = useState(false);
  const isAsked = wanted || (total !== undefined && total <= LIMIT);
  const busy = usePages('list_endpoints', { limit: LIMIT, idle: false }, { when: isAsked });
  const uses = useMemo(() => busy.answers.map(({ data }) => useIn(data)), [busy.answers]);

  const pages = useMemo(() => listed.answers.map(({ data }) => pageOf(data)), [listed.answers]);
  const rows = useMemo(() => {
    const counts = new Map(uses.flatMap(({ requests }) => requests));
    return withRequests(
      pages.flatMap((page) => page.rows),
      counts,
    );
  }, [pages, uses]);
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
                  if (isAsked) busy.refresh();
                },
              },
              listed.busy || judged.busy ? 'Reading …' : 'Refresh',
            )
          : null,
      ]),
    ]),
    h(Progress, { pages: listed, read: rows.length, total }),
    h(Boundary, { part: 'What needs a person' }, [
      h(Urgents, { pages: judged, sweeps: judged.answers.map(({ data }) => sweepOf(data)), go }),
    ]),
    rows.length > 0
      ? h(
          Boundary,
          { part: 'The requests' },
          h(Busiest, { pages: busy, uses, isAsked, ask: () => setWanted(true), go }),
        )
      : null,
    rows.length > 0
      ? h(
          Boundary,
          { part: 'The list of endpoints' },
          h(EndpointList, {
            rows,
            total,
            complete: listed.complete,
            go,
          }),
        )
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
      h('p', {}, `${sentence(failure.message)} ${part}`),
      failure.next === undefined ? null : h('p', {}, failure.next),
      h('button', { type: 'button', onClick: refresh, disabled: busy }, 'Try again'),
    ]);
  if (busy && !complete)
    return h('p', { class: 'muted wide', role: 'status' }, read === 0 ? 'Reading the endpoints …' : `Reading: ${part}`);
  if (!complete && !offered && read > 0) return h('p', { class: 'muted wide' }, `This answer is one page. ${part}`);
  return null;
}
