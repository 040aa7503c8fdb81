/** Served entities, or the destinations of a model service, with their shares. */
import { type ComponentChild, h } from 'preact';
import type { Entity } from '../read/endpoint.ts';
import { spoken, toneOfDeployment } from '../read/state.ts';
import { Badge } from './badge.ts';
import { useFormat } from './format.ts';
import { Split } from './split.ts';

/** @param split the shares are those of requests now, so they are drawn. */
export function Entities({
  entities,
  split = false,
}: {
  entities: readonly Entity[];
  split?: boolean;
}): ComponentChild {
  const format = useFormat();
  const parts = entities.flatMap(({ name, percent }) => (percent === undefined ? [] : [{ name, percent }]));
  const hasShare = parts.length > 0;
  const hasState = entities.some(({ deployment }) => deployment !== undefined);
  const hasSize = entities.some(({ runsOn }) => runsOn !== undefined);
  return h('div', { class: 'entities' }, [
    split && parts.length > 0 ? h(Split, { parts }) : null,
    h('table', { class: 'stack' }, [
      h('thead', {}, [
        h('tr', {}, [
          h('th', { scope: 'col' }, 'Name'),
          h('th', { scope: 'col' }, 'Serves'),
          hasShare ? h('th', { scope: 'col', class: 'num' }, 'Traffic') : null,
          hasState ? h('th', { scope: 'col' }, 'State') : null,
          hasSize ? h('th', { scope: 'col' }, 'Runs on') : null,
        ]),
      ]),
      h(
        'tbody',
        {},
        entities.map(({ name, serves, percent, deployment, message, remedy, runsOn }, at) =>
          h('tr', { key: name }, [
            h('th', { scope: 'row' }, [
              split ? h('span', { class: `key line-${at % 6}`, 'aria-hidden': true }) : null,
              h('bdi', {}, name),
            ]),
            h('td', { 'data-label': 'Serves' }, h('bdi', {}, serves ?? 'not known')),
            hasShare
              ? h(
                  'td',
                  { class: 'num', 'data-label': 'Traffic' },
                  percent === undefined ? 'not known' : format.percent(percent),
                )
              : null,
            hasState
              ? h('td', { 'data-label': 'State' }, [
                  deployment === undefined
                    ? 'not known'
                    : h(Badge, { tone: toneOfDeployment(deployment), word: spoken(deployment) }),
                  message === undefined ? null : h('p', { class: 'muted' }, message),
                  remedy === undefined ? null : h('p', {}, remedy),
                ])
              : null,
            hasSize ? h('td', { 'data-label': 'Runs on' }, runsOn ?? 'not known') : null,
          ]),
        ),
      ),
    ]),
  ]);
}
