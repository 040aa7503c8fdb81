/** What a diagnosis found, each with its evidence and its remedy. */
import { type ComponentChild, h } from 'preact';
import type { Diagnosis, Finding, Happening } from '../read/diagnosis.ts';
import { spoken, toneOfSeverity, toneOfVerdict } from '../read/state.ts';
import { Badge } from './badge.ts';
import { useFormat } from './format.ts';
import { Note, Remarks } from './note.ts';

export function Findings({ diagnosis }: { diagnosis: Diagnosis }): ComponentChild {
  const { verdict, note, findings, missing, notChecked } = diagnosis;
  return h('div', { class: 'findings' }, [
    h('p', {}, [
      'Verdict: ',
      verdict === undefined ? 'not in this answer' : h(Badge, { tone: toneOfVerdict(verdict), word: spoken(verdict) }),
    ]),
    note === undefined ? null : h('p', {}, note),
    findings.length === 0 ? h('p', { class: 'muted' }, 'No finding.') : null,
    h(
      'ol',
      { class: 'list' },
      findings.map((each, at) => h('li', { key: at }, h(OneFinding, each))),
    ),
    h(Remarks, { title: 'Left out', lines: missing, tone: 'warn' }),
    h(Remarks, { title: 'Not checked', lines: notChecked }),
  ]);
}

function OneFinding({ severity, confidence, sentence, since, proofs, more, remedy }: Finding): ComponentChild {
  const format = useFormat();
  const about = [confidence, since === undefined ? undefined : `since ${format.moment(since)}`]
    .filter(Boolean)
    .join(', ');
  return h(Note, { tone: toneOfSeverity(severity), title: sentence }, [
    h('p', { class: 'muted' }, [severity, about].filter(Boolean).join(', ')),
    remedy
      ? h('p', {}, [
          remedy.person === undefined ? null : h('b', {}, `${remedy.person}: `),
          remedy.say,
          remedy.call === undefined ? null : [' ', h('code', {}, remedy.call)],
        ])
      : null,
    proofs.length > 0
      ? h('details', {}, [
          h('summary', {}, `Evidence (${proofs.length}${more > 0 ? `, ${more} more not in this answer` : ''})`),
          h(
            'dl',
            {},
            proofs.map(({ source, of, at, text }, index) =>
              h('div', { key: index }, [
                h(
                  'dt',
                  { class: 'muted' },
                  [source, of, at === undefined ? undefined : format.moment(at)].filter(Boolean).join(', '),
                ),
                h('dd', {}, h('code', {}, text)),
              ]),
            ),
          ),
        ])
      : null,
  ]);
}

/** What happened, newest first. */
export function Timeline({ happenings }: { happenings: readonly Happening[] }): ComponentChild {
  const format = useFormat();
  const sorted = happenings.toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0));
  return h(
    'ol',
    { class: 'list' },
    sorted.map(({ at, what, by }, index) =>
      h('li', { key: index }, [
        h(
          'span',
          { class: 'muted' },
          at === undefined ? 'time not known' : h('time', { datetime: new Date(at).toISOString() }, format.moment(at)),
        ),
        h('span', {}, [
          ` ${what}`,
          by === undefined ? null : h('span', { class: 'muted' }, [', by ', h('bdi', {}, by)]),
        ]),
      ]),
    ),
  );
}
