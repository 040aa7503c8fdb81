/** The page: which view it shows, what its host said, and how it looks. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Answer, Data, Host, Look, ViewName } from './host/host.ts';
import { Boundary } from './parts/boundary.ts';
import { FormatContext, formatOf } from './parts/format.ts';
import { Note } from './parts/note.ts';
import type { Place } from './place.ts';
import { failureOf } from './read/failure.ts';
import { textOf } from './read/fields.ts';
import { recognise, viewOf } from './read/recognise.ts';
import { HostContext } from './use-tool.ts';
import { VIEWS } from './views.ts';

/** What the host has said so far. */
export interface Said {
  host: Host | undefined;
  /** Why there is no host. */
  failure: string | undefined;
  /** The arguments of a call whose answer is still to come. */
  begun: Data | undefined;
  answer: Answer | undefined;
  cancelled: string | undefined;
  look: Look;
}

export function App({ start, said }: { start: ViewName; said: Said }): ComponentChild {
  const { host, answer, look } = said;
  const tool = answer && !answer.failed ? (recognise(answer.data) ?? answer.tool) : undefined;
  const shown = useMemo(() => (answer ? { ...answer, tool } : undefined), [answer, tool]);
  const [place, setPlace] = useState<Place>({ view: start });
  const heading = useRef<HTMLHeadingElement>(null);
  const hasGone = useRef(false);
  function go(to: Place): void {
    hasGone.current = true;
    setPlace(to);
  }
  useEffect(() => {
    if (!answer || answer.failed) return;
    const known = recognise(answer.data);
    const endpoint = nameIn(answer);
    setPlace({ view: known ? viewOf(known, answer.data) : start, endpoint });
  }, [answer]);
  // What had the focus has gone with the old view. A person with a keyboard or a screen reader goes on at the beginning of the new one.
  useEffect(() => {
    if (hasGone.current) heading.current?.focus();
  }, [place]);
  const format = useMemo(() => formatOf(look), [look.locale, look.timeZone]);
  const view = VIEWS[place.view];

  return h(
    HostContext.Provider,
    { value: host },
    h(FormatContext.Provider, { value: format }, [
      h(Top, { place, host, go }),
      h('main', { id: 'main' }, [
        h('h1', { ref: heading, tabIndex: -1 }, view.title(place)),
        said.failure === undefined ? null : h(Note, { tone: 'bad', title: said.failure, live: true }),
        h(
          Boundary,
          { key: `${place.view} ${place.endpoint ?? ''}`, part: 'This view' },
          h(Body, { said, shown, place, go }),
        ),
      ]),
    ]),
  );
}

/** The endpoint or model service that an answer is about. */
function nameIn(answer: Answer | undefined): string | undefined {
  return textOf(answer?.data.endpoint) ?? textOf(answer?.data.model_service) ?? textOf(answer?.args.endpoint);
}

/** The view, or why there is nothing to show yet. */
function Body({
  said,
  shown,
  place,
  go,
}: {
  said: Said;
  shown: Answer | undefined;
  place: Place;
  go: (place: Place) => void;
}) {
  const { host, answer, begun, cancelled } = said;
  if (!host) return said.failure === undefined ? h(Note, { title: 'Connecting …', live: true }) : null;
  const moved = place.endpoint !== undefined && place.endpoint !== nameIn(answer);
  const view = VIEWS[place.view];
  if (answer?.failed && !moved && !view.showsRefusals) {
    const { message, next } = failureOf(answer.data);
    return h(Note, { tone: 'bad', title: message, live: true }, next === undefined ? null : h('p', {}, next));
  }
  if (host.kind === 'chat' && !answer) {
    if (cancelled !== undefined)
      return h(Note, { tone: 'warn', title: `The call was cancelled. ${cancelled}`.trim(), live: true });
    return h(Note, { title: begun ? 'The call is running …' : 'Waiting for the answer …', live: true });
  }
  const { Component } = view;
  return h(Component, { key: `${place.view} ${place.endpoint ?? ''}`, place, given: shown, go });
}

/** The way to the other views. A saved report has one view alone. */
function Top({
  place,
  host,
  go,
}: {
  place: Place;
  host: Host | undefined;
  go: (place: Place) => void;
}): ComponentChild {
  if (!host || host.kind === 'file') return null;
  const places: Place[] = [
    { view: 'workspace' },
    { view: 'usage', endpoint: place.view === 'usage' ? place.endpoint : undefined },
    ...(place.endpoint === undefined
      ? []
      : [
          { view: 'endpoint' as const, endpoint: place.endpoint },
          { view: 'rollout' as const, endpoint: place.endpoint },
        ]),
  ];
  return h(
    'nav',
    { 'aria-label': 'Views' },
    h(
      'ul',
      {},
      places.map((each) =>
        h(
          'li',
          { key: each.view },
          h(
            'button',
            {
              type: 'button',
              class: 'tab',
              'aria-current': each.view === place.view ? 'page' : undefined,
              onClick: () => go(each),
            },
            VIEWS[each.view].tab(each),
          ),
        ),
      ),
    ),
  );
}
