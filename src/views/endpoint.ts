/** One endpoint at a glance: what it serves, how it does, and what happened to it. */
import { type ComponentChild, h } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Badge } from './parts/badge.ts';
import { Boundary } from './parts/boundary.ts';
import { Card, Facts } from './parts/card.ts';
import { Entities } from './parts/entities.ts';
import { Findings, Timeline } from './parts/findings.ts';
import { type Format, useFormat } from './parts/format.ts';
import { MetricCharts, MetricRemarks, SumsNow, sourceOf } from './parts/metrics.ts';
import { Absent, Note, ReadingNote } from './parts/note.ts';
import { ReadAt } from './parts/read-at.ts';
import type { Place, ViewProps } from './place.ts';
import { changesOf } from './read/changes.ts';
import { diagnosisOf, type Happening } from './read/diagnosis.ts';
import { type Endpoint, endpointOf, happeningsOf } from './read/endpoint.ts';
import { metricsOf } from './read/metrics.ts';
import { sentence, toneOfStatus } from './read/state.ts';
import { type Reading, useTool } from './use-tool.ts';

/** Seconds between two readings. The service renews its metrics each minute. */
const EVERY = 60;
/** While an update runs, its state is what a person waits for. */
const EVERY_UPDATE = 15;

export function EndpointView({ place, given, go }: ViewProps): ComponentChild {
  const name = place.endpoint;
  if (name === undefined) return h(Note, { title: 'No endpoint is chosen. Choose one in the workspace.' });
  return h(OneEndpoint, { name, given, go, place });
}

function OneEndpoint({ name, given, go }: ViewProps & { name: string }): ComponentChild {
  const format = useFormat();
  const first = (tool: string) => (given?.tool === tool && !given.failed ? given : undefined);
  // A model service has a name of three parts.
  const isService = name.split('.').length === 3;
  const [isUpdating, setUpdating] = useState(false);
  const shown = useTool(
    'get_endpoint',
    { endpoint: name },
    { every: isUpdating ? EVERY_UPDATE : EVERY, first: first('get_endpoint') },
  );
  const endpoint = useMemo(() => shown.answer && endpointOf(shown.answer.data), [shown.answer]);
  const updating = endpoint?.pending !== undefined;
  if (updating !== isUpdating) setUpdating(updating);

  const measured = useTool(
    'get_metrics',
    { endpoint: name, minutes: 60, detail: 'entities' },
    { every: EVERY, first: first('get_metrics'), when: !isService },
  );
  const metrics = useMemo(() => measured.answer && metricsOf(measured.answer.data), [measured.answer]);
  const [asked, setAsked] = useState(false);
  const isTroubled = endpoint?.status !== undefined && ['bad', 'warn'].includes(toneOfStatus(endpoint.status));
  const judged = useTool(
    'diagnose_endpoint',
    { endpoint: name },
    { first: first('diagnose_endpoint'), isComplete: true, when: asked || isTroubled },
  );
  const diagnosis = useMemo(() => judged.answer && diagnosisOf(judged.answer.data), [judged.answer]);
  const recorded = useTool('list_changes', { endpoint: name, limit: 20 }, { every: EVERY });
  const changes = useMemo(() => recorded.answer && changesOf(recorded.answer.data), [recorded.answer]);

  // A diagnosis knows more of the past than the endpoint says of itself.
  const past = diagnosis?.timeline ?? (endpoint ? happeningsOf(endpoint) : []);
  const happenings = [...past, ...(changes?.happenings ?? [])];
  const refresh = () => {
    for (const reading of [shown, measured, recorded]) reading.refresh();
    if (diagnosis) judged.refresh();
  };
  const order = endpoint?.entities.map((each) => each.name) ?? [];
  return h('div', { class: 'grid' }, [
    h('div', { class: 'head wide' }, [
      endpoint?.status === undefined ? null : h(Badge, { tone: toneOfStatus(endpoint.status), word: endpoint.status }),
      endpoint?.description === undefined ? null : h('span', {}, endpoint.description),
      h(ReadAt, { readings: [shown, measured], refresh }),
    ]),
    h(ReadingNote, { reading: shown, what: 'The endpoint' }),
    endpoint ? h(Warnings, { endpoint, go }) : null,
    endpoint ? h(Boundary, { part: 'What it serves' }, h(Served, { endpoint })) : null,
    isService ? null : h(ReadingNote, { reading: measured, what: 'The metrics' }),
    metrics
      ? h(
          Card,
          { title: 'In total', wide: true, source: sourceOf(metrics, measured.answer?.at ?? 0, format) },
          h(SumsNow, { sums: metrics.total }),
        )
      : null,
    metrics ? h(MetricCharts, { metrics, order, marks: marksOf(happenings) }) : null,
    metrics ? h(MetricRemarks, { metrics }) : null,
    h(Boundary, { part: 'The diagnosis' }, h(Diagnosed, { judged, diagnosis, ask: () => setAsked(true) })),
    endpoint ? h(Limits, { endpoint, format }) : null,
    h(
      Boundary,
      { part: 'What happened' },
      h(History, { happenings, recorded, note: changes?.note, omitted: changes?.omitted ?? 0 }),
    ),
    h(Absent, {
      parts: [
        ['what it serves', shown],
        ...(isService ? [] : [['its metrics', measured] as const]),
        ['a diagnosis', judged],
        ['the changes made here', recorded],
      ],
    }),
  ]);
}

/** What keeps the endpoint from what a person wants. */
function Warnings({ endpoint, go }: { endpoint: Endpoint; go: (place: Place) => void }): ComponentChild {
  const { failed, pending, problems, rollout, note, unread } = endpoint;
  const notes = [
    ...problems.map((problem) => h(Note, { key: problem, tone: 'bad', title: problem })),
    failed
      ? h(
          Note,
          {
            key: 'failed',
            tone: 'warn',
            title: `The last update ${failed.cancelled ? 'was cancelled' : 'failed'}: ${failed.text}.`,
          },
          [failed.entities.length > 0 ? h(Entities, { entities: failed.entities }) : null],
        )
      : null,
    pending
      ? h(
          Note,
          {
            key: 'pending',
            tone: 'busy',
            title: `An update is under way${pending.text === '' ? '' : `: ${pending.text}`}.`,
          },
          [pending.entities.length > 0 ? h(Entities, { entities: pending.entities }) : null],
        )
      : null,
    rollout === undefined
      ? null
      : h(Note, { key: 'rollout', tone: 'busy', title: `Guarded rollout: ${rollout}` }, [
          h(
            'button',
            { type: 'button', onClick: () => go({ view: 'rollout', endpoint: endpoint.name }) },
            'Show the rollout',
          ),
        ]),
    note === undefined ? null : h(Note, { key: 'note', title: note }),
    unread === 0
      ? null
      : h(Note, { key: 'unread', tone: 'warn', title: `${unread} entries have a form that this view does not know.` }),
  ].filter((each) => each !== null);
  return notes.length > 0 ? h('div', { class: 'notes wide' }, notes) : null;
}

function Served({ endpoint }: { endpoint: Endpoint }): ComponentChild {
  const { entities, fallbacks, serves, isService } = endpoint;
  const title = isService ? 'Destinations' : serves ? 'Served entities' : 'Configured, and serving nothing';
  return h(Card, { title, wide: true }, [
    entities.length === 0 ? h('p', { class: 'muted' }, 'None.') : h(Entities, { entities, split: serves }),
    fallbacks.length > 0 ? [h('h3', {}, 'Fallbacks, in this order'), h(Entities, { entities: fallbacks })] : null,
  ]);
}

function Diagnosed({
  judged,
  diagnosis,
  ask,
}: {
  judged: Reading;
  diagnosis: ReturnType<typeof diagnosisOf> | undefined;
  ask: () => void;
}): ComponentChild {
  const { answer, failure, busy, offered } = judged;
  if (!answer && !failure && !busy && !offered) return null;
  const button = h(
    'button',
    { type: 'button', onClick: answer || failure ? judged.refresh : ask, disabled: busy },
    busy ? 'Diagnosing …' : answer ? 'Diagnose again' : 'Diagnose',
  );
  return h(Card, { title: 'Diagnosis' }, [
    failure ? h(ReadingNote, { reading: judged, what: 'The diagnosis' }) : null,
    diagnosis ? h(Findings, { diagnosis }) : null,
    !answer && !failure && !busy
      ? h('p', { class: 'muted' }, 'It reads logs, events, versions and rights, and says what is wrong.')
      : null,
    offered ? h('div', {}, button) : null,
  ]);
}

function Limits({ endpoint, format }: { endpoint: Endpoint; format: Format }): ComponentChild {
  const { limits, facts, created, changed } = endpoint;
  return h(Card, { title: 'Limits and settings' }, [
    h(Facts, {
      facts: [
        [
          'Rate limits',
          limits.length === 0
            ? 'none'
            : h(
                'ul',
                {},
                limits.map((each) => h('li', { key: each }, each)),
              ),
        ],
        ...facts,
        ['Created', created === undefined ? undefined : format.moment(created)],
        ['Last change', changed === undefined ? undefined : format.moment(changed)],
      ],
    }),
  ]);
}

function History({
  happenings,
  recorded,
  note,
  omitted,
}: {
  happenings: readonly Happening[];
  recorded: Reading;
  note: string | undefined;
  omitted: number;
}): ComponentChild {
  if (happenings.length === 0 && !recorded.offered) return null;
  return h(Card, { title: 'What happened' }, [
    happenings.length > 0 ? h(Timeline, { happenings }) : null,
    // A server without a journal is no fault.
    recorded.failure?.code === 'no_journal' ? h('p', { class: 'muted' }, sentence(recorded.failure.message)) : null,
    recorded.failure && recorded.failure.code !== 'no_journal'
      ? h(ReadingNote, { reading: recorded, what: 'The changes made here' })
      : null,
    note === undefined ? null : h('p', { class: 'muted' }, sentence(note)),
    omitted > 0 ? h('p', { class: 'muted' }, `${omitted} older changes are not shown.`) : null,
  ]);
}

function marksOf(happenings: readonly Happening[]): { at: number; name: string }[] {
  return happenings.flatMap(({ at, what }) => (at === undefined ? [] : [{ at, name: what }]));
}
