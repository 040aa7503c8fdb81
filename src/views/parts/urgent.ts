/** The endpoints that need a person, from the diagnosis of all. */
import { type ComponentChild, h } from 'preact';
import type { Place } from '../place.ts';
import type { Sweep } from '../read/diagnosis.ts';
import { spoken, toneOfVerdict } from '../read/state.ts';
import type { Pages } from '../use-pages.ts';
import { Badge } from './badge.ts';
import { Card } from './card.ts';
import { useFormat } from './format.ts';
import { Remarks } from './note.ts';

export function Urgents({
  pages,
  sweeps,
  go,
}: {
  pages: Pages;
  sweeps: readonly Sweep[];
  go: (place: Place) => void;
}): ComponentChild {
  const format = useFormat();
  const { busy, failure, complete, offered, answers } = pages;
  if (sweeps.length === 0 && !busy && !failure && !offered) return null;
  const urgent = sweeps.flatMap((each) => each.urgent);
  const judged = sweeps.reduce((sum, each) => sum + (each.judged ?? 0), 0);
  const fine = new Map<string, number>();
  for (const [verdict, count] of sweeps.flatMap((each) => each.fine))
    fine.set(verdict, (fine.get(verdict) ?? 0) + count);
  const doubts = sweeps.flatMap((each) => each.notJudged.map(({ why, names }) => `${why}: ${names.join(', ')}`));
  const at = answers.at(-1)?.at;
  const others = [...fine].map(([verdict, count]) => `${format.number(count)} ${spoken(verdict)}`).join(', ');
  const means = sweeps.find(({ fineMeans }) => fineMeans !== undefined)?.fineMeans;

  return h(
    Card,
    {
      title:
        complete || busy
          ? `Needs a person: ${format.number(urgent.length)}${complete ? '' : ' so far'}`
          : 'Needs a person',
      wide: true,
      source:
        at === undefined || at === 0 ? undefined : `From the diagnosis of all endpoints, read at ${format.moment(at)}`,
    },
    [
      urgent.length > 0
        ? h(
            'ul',
            { class: 'list' },
            urgent.map(({ endpoint, verdict, sentence, code, since }) =>
              h('li', { key: endpoint }, [
                verdict === undefined ? null : [h(Badge, { tone: toneOfVerdict(verdict), word: spoken(verdict) }), ' '],
                h(
                  'button',
                  { type: 'button', class: 'link', onClick: () => go({ view: 'endpoint', endpoint }) },
                  h('bdi', {}, endpoint),
                ),
                h('span', {}, ` ${sentence ?? (code === undefined ? '' : spoken(code))}`),
                since === undefined ? null : h('span', { class: 'muted' }, ` since ${format.moment(since)}`),
              ]),
            ),
          )
        : null,
      busy ? h('p', { class: 'muted', role: 'status' }, `Diagnosing: ${format.number(judged)} judged …`) : null,
      complete && urgent.length === 0
        ? h('p', {}, `Of the ${format.number(judged)} judged endpoints, none needs a person.`)
        : null,
      others === ''
        ? null
        : h('p', { class: 'muted' }, `The others: ${others}${means === undefined ? '' : ` (${means})`}.`),
      failure ? h('p', { role: 'status' }, `The diagnosis could not be read to its end: ${failure.message}`) : null,
      h(Remarks, { title: 'Not judged', lines: doubts }),
    ],
  );
}
