/** Where the requests go: the busiest endpoints of the last minute. */
import { type ComponentChild, h } from 'preact';
import type { Place } from '../place.ts';
import type { Use } from '../read/workspace.ts';
import type { Pages } from '../use-pages.ts';
import { Card } from './card.ts';
import { useFormat } from './format.ts';
import { Remarks } from './note.ts';

/** Endpoints that are shown. The list below can be sorted by requests. */
const MOST = 8;

export interface BusiestProps {
  pages: Pages;
  uses: readonly Use[];
  /** The requests are being read, or were. */
  isAsked: boolean;
  ask: () => void;
  go: (place: Place) => void;
}

export function Busiest({ pages, uses, isAsked, ask, go }: BusiestProps): ComponentChild {
  const format = useFormat();
  const { answers, busy, complete, failure, offered } = pages;
  if (!offered) return null;
  const requests = uses.flatMap((use) => use.requests).toSorted(([, a], [, b]) => b - a);
  const shown = requests.slice(0, MOST);
  const most = Math.max(...shown.map(([, count]) => count), 1);
  const at = answers.at(-1)?.at;
  // With several pages, each says only what it judged itself.
  const judged = uses.length === 1 ? uses[0]?.judged : undefined;
  const lastOnly = uses.flatMap((use) => use.lastOnly).toSorted((a, b) => b.at - a.at);
  const more = requests.length - shown.length;
  const sources = uses[0]?.sources ?? [];
  const doubts = [...new Set(uses.flatMap((use) => use.notJudged))];
  return h(
    Card,
    {
      title: 'Requests of the last minute',
      wide: true,
      source:
        at === undefined
          ? undefined
          : `From ${sources.length > 0 ? sources.join('; ') : 'the metrics of each endpoint'}, read at ${format.moment(at)}`,
    },
    [
      !isAsked
        ? h('div', {}, h('button', { type: 'button', onClick: ask }, 'Read the metrics of all endpoints'))
        : null,
      busy ? h('p', { class: 'muted', role: 'status' }, 'Reading the metrics …') : null,
      failure ? h('p', { role: 'status' }, `The metrics could not be read to their end: ${failure.message}`) : null,
      shown.length > 0
        ? h(
            'ol',
            { class: 'list busiest' },
            shown.map(([name, count]) =>
              h('li', { key: name }, [
                h(
                  'button',
                  { type: 'button', class: 'link', onClick: () => go({ view: 'endpoint', endpoint: name }) },
                  h('bdi', {}, name),
                ),
                h('span', {}, ` ${format.number(count)}`),
                h('span', { class: 'bar', 'aria-hidden': true }, [
                  h('span', { style: { width: `${(100 * count) / most}%` } }),
                ]),
              ]),
            ),
          )
        : null,
      lastOnly.length > 0
        ? h(
            'p',
            {},
            `Of these, only the last request is known: ${lastOnly
              .slice(0, MOST)
              .map(({ name, at }) => `${name} (${format.moment(at)})`)
              .join(', ')}${lastOnly.length > MOST ? `, and ${format.number(lastOnly.length - MOST)} more` : ''}.`,
          )
        : null,
      complete && shown.length === 0 && lastOnly.length === 0
        ? h('p', {}, 'None of the endpoints whose metrics were read had a request.')
        : null,
      more > 0
        ? h('p', { class: 'muted' }, `${format.number(more)} more had requests. The list below can be sorted by them.`)
        : null,
      complete && judged !== undefined && sources.length === 0
        ? h('p', { class: 'muted' }, `The requests of ${format.number(judged)} endpoints are known.`)
        : null,
      h(Remarks, { title: 'Not known', lines: doubts }),
    ],
  );
}
