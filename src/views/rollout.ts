/** A guarded rollout at a glance: where it is, what the canary does against the old version, and what comes next. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Answer } from './host/host.ts';
import { Action } from './parts/action.ts';
import { Badge } from './parts/badge.ts';
import { Card, Facts } from './parts/card.ts';
import { type Format, inTimes, useFormat } from './parts/format.ts';
import { GateTable } from './parts/gates.ts';
import { Note, ReadingNote, Remarks } from './parts/note.ts';
import { ReadAt } from './parts/read-at.ts';
import { RolloutCharts } from './parts/rollout-charts.ts';
import { RolloutHistory } from './parts/rollout-history.ts';
import { Stepper, StepTable } from './parts/stepper.ts';
import type { ViewProps } from './place.ts';
import { textOf, wordOf } from './read/fields.ts';
import { type Metrics, metricsOf } from './read/metrics.ts';
import { type Measured, type Rollout, rolloutOf } from './read/rollout.ts';
import { actionText, headline, toneOfRollout } from './read/rollout-words.ts';
import { spoken } from './read/state.ts';
import { type Reading, useHost, useTool } from './use-tool.ts';

/** Seconds between two readings while it runs, and while it waits for a person. */
const EVERY = 15;
const EVERY_HELD = 60;
/** Longest wait of a call from a button, in seconds. The readings show the rest. */
const WAIT = 5;

export function RolloutView({ place: { endpoint }, given }: ViewProps): ComponentChild {
  const [every, setEvery] = useState<number | undefined>(EVERY);
  const reading = useTool(
    'get_metrics',
    { endpoint, minutes: 60, detail: 'rollout' },
    { every, when: endpoint !== undefined, first: given?.tool === 'get_metrics' ? given : undefined },
  );
  const { answer, refresh } = reading;
  const seen = useMemo(() => answer && rolloutOf(answer.data), [answer]);
  const said = useMemo(() => {
    const found = given && !given.failed ? rolloutOf(given.data) : undefined;
    return found && { ...found, version: found.version ?? wordOf(given?.args.version) };
  }, [given]);
  const metrics = useMemo(() => metricsOf((answer ?? given)?.data ?? {}), [answer, given]);
  // A call in the chat may have changed what was read before.
  const known = useRef(given);
  useEffect(() => {
    if (known.current !== given) refresh();
    known.current = given;
  }, [given]);
  useEffect(() => setEvery(pauseOf(seen)), [seen]);

  // A preview is about a rollout that has not begun.
  const rollout = seen?.isNone && said?.state === 'preview' ? said : (seen ?? said);
  if (!rollout && endpoint === undefined)
    return h(Note, { title: 'No endpoint is chosen. Choose one in the workspace.' });
  if (!rollout && answer) return h(Note, { tone: 'warn', title: 'This answer says nothing of a guarded rollout.' });
  if (!rollout && !reading.offered) return h(Note, { title: 'The rollout is not in this answer.' });
  if (!rollout) return h(ReadingNote, { reading, what: 'The rollout' });
  const extras = seen && said && said.id === seen.id ? said.extras : rollout.extras;
  return h(OneRollout, { rollout: { ...rollout, notes: [...rollout.notes, ...extras] }, metrics, reading });
}

/** Undefined once nothing changes any more. */
function pauseOf(rollout: Rollout | undefined): number | undefined {
  if (rollout?.isOver) return undefined;
  return rollout?.state === 'held' ? EVERY_HELD : EVERY;
}

function OneRollout({
  rollout,
  metrics,
  reading,
}: {
  rollout: Rollout;
  metrics: Metrics;
  reading: Reading;
}): ComponentChild {
  const format = useFormat();
  const { isNone, gates, canary, baseline, steps, changes, plan, missing, measured, next, alias } = rollout;
  // An entity has the same colour as in the other views.
  const order = metrics.entities.map(({ name }) => name);
  const lookOf = (entity: string | undefined) => {
    const at = order.indexOf(entity ?? '');
    return (at >= 0 ? at : entity === baseline ? 0 : 1) % 6;
  };
  const failed = reading.failure ? h('div', { class: 'wide' }, h(ReadingNote, { reading, what: 'The rollout' })) : null;
  if (isNone)
    return h('div', { class: 'grid' }, [
      h('div', { class: 'head wide' }, h(ReadAt, { readings: [reading], refresh: reading.refresh })),
      failed,
      h('div', { class: 'wide' }, h(Note, { title: rollout.notes[0] ?? 'No rollout is known on this endpoint.' })),
      h(Remarks, { title: 'Not known', lines: missing.map((each) => inTimes(each, format)) }),
    ]);
  return h('div', { class: 'grid' }, [
    h(Head, { rollout, reading }),
    failed,
    h(Why, { rollout }),
    h(Card, { title: 'Steps', wide: true, source: stepsSource(rollout, format) }, [
      steps.length > 0
        ? h(Stepper, { steps, needed: next?.needed, held: rollout.state === 'held' })
        : h('p', { class: 'muted' }, 'The steps are not in this answer.'),
    ]),
    h(Next, { rollout, refresh: reading.refresh }),
    gates.length > 0
      ? h(
          Card,
          { title: 'Canary against the old version', wide: true, source: measured && measuredText(measured, format) },
          h(GateTable, { gates, canary, baseline, lookOf }),
        )
      : null,
    h(RolloutCharts, { rollout, metrics, lookOf }),
    steps.some(({ cells }) => cells)
      ? h(Card, { title: 'Each step: canary / old version', wide: true }, h(StepTable, { steps }))
      : null,
    changes.length > 0 ? h(Card, { title: 'What happened' }, h(RolloutHistory, { changes })) : null,
    plan ? h(Card, { title: 'Plan' }, h(Facts, { facts: [...plan, ['Alias', alias]] })) : null,
    h(Remarks, {
      title: 'Not known',
      lines: [...missing, ...(gates.length > 0 || metrics.series ? metrics.missing : [])].map((each) =>
        inTimes(each, format),
      ),
    }),
  ]);
}

/** What is rolled out, and how far it is. */
function Head({ rollout, reading }: { rollout: Rollout; reading: Reading }): ComponentChild {
  const format = useFormat();
  const { state, version, canary, baseline, percent } = rollout;
  return h('div', { class: 'head wide' }, [
    h('span', { class: 'state', role: 'status' }, h(Badge, { tone: toneOfRollout(state), word: spoken(state) })),
    h('span', {}, [
      version === undefined ? null : h('b', {}, ['Version ', h('bdi', {}, version)]),
      canary === undefined ? null : [version === undefined ? '' : ': ', h('bdi', {}, canary)],
      version === undefined && canary === undefined ? 'A version that the answer does not name' : null,
      percent === undefined ? null : [' has ', h('b', {}, format.percent(percent)), ' of the traffic'],
      baseline === undefined ? null : [', against ', h('bdi', {}, baseline)],
    ]),
    h(ReadAt, { readings: [reading], refresh: reading.refresh }),
  ]);
}

/** The reason of a rollout that was held or has ended, first of all. */
function Why({ rollout }: { rollout: Rollout }): ComponentChild {
  const { state, failure, isOver, notes, nextCall, alias } = rollout;
  const title = headline(rollout);
  const ended = isOver && alias !== undefined ? [`Alias: ${alias}.`] : [];
  const says = isOver || title !== undefined ? [...notes, ...ended] : [];
  if (title === undefined && says.length === 0) return null;
  return h(
    'div',
    { class: 'wide' },
    h(Note, { tone: title === undefined ? 'plain' : toneOfRollout(state), title: title ?? says[0] ?? '' }, [
      ...(title === undefined ? says.slice(1) : says).map((each) => h('p', { key: each }, each)),
      failure?.next === undefined ? null : h('p', {}, failure.next),
      isOver && nextCall !== undefined ? h('p', { class: 'muted' }, ['Next: ', h('code', {}, nextCall)]) : null,
    ]),
  );
}

/** What comes next and when, who watches, and what a person can do. */
function Next({ rollout, refresh }: { rollout: Rollout; refresh: () => void }): ComponentChild {
  const format = useFormat();
  // Each end of a call is told once, and its buttons begin anew.
  const [done, setDone] = useState<{ text: string } | undefined>(undefined);
  const host = useHost();
  const [round, setRound] = useState(0);
  const told = useRef<HTMLDivElement>(null);
  useEffect(() => told.current?.focus(), [done]);
  const { next, watching, alias, actions, actionsOff, isOver, nextCall, notes, now } = rollout;
  const onDone = (label: string) => (end: Answer) => {
    const outcome = textOf(end.data.outcome);
    setDone({ text: `${label}: done.${outcome === undefined ? '' : ` The outcome is: ${spoken(outcome)}.`}` });
    setRound((count) => count + 1);
    refresh();
  };
  const buttons = actions.flatMap(({ name, args }) => {
    const text = actionText(name, rollout);
    return text
      ? [
          h(Action, {
            key: `${round} ${name} ${JSON.stringify(args)}`,
            tool: 'roll_out',
            args: { ...args, wait_seconds: WAIT },
            ...text,
            onDone: onDone(text.label),
          }),
        ]
      : [];
  });
  const when = next?.at === undefined ? undefined : `${format.clock(next.at)}${away(next.at, now, format)}`;
  const patience =
    next?.latest === undefined ? undefined : `${format.clock(next.latest)}${away(next.latest, now, format)}`;
  const facts: [string, ComponentChild][] = [
    ['At the earliest', when],
    ['Requests', requestsText(rollout, format)],
    ['Shortest time', bakeText(rollout, format)],
    ['Patience ends', patience],
  ];
  const isRunning = !isOver && headline(rollout) === undefined;
  const canAct = host?.offers('roll_out') === true && buttons.length > 0;
  if (isOver && !canAct && actionsOff === undefined && done === undefined) return null;
  return h(Card, { title: isOver ? 'What a person can do' : 'What comes next', wide: true }, [
    next?.text === undefined ? null : h('p', { class: 'lead' }, inTimes(next.text, format)),
    isRunning ? notes.map((each) => h('p', { key: each }, each)) : null,
    h(Facts, { facts }),
    ...[
      watching === undefined ? undefined : `Who watches: ${watching}.`,
      alias === undefined ? undefined : `Alias: ${alias}.`,
    ].map((each) => (each === undefined ? null : h('p', { key: each }, each))),
    !isOver && nextCall !== undefined ? h('p', { class: 'muted' }, ['Next: ', h('code', {}, nextCall)]) : null,
    canAct ? h('div', { class: 'buttons' }, buttons) : null,
    actionsOff === undefined ? null : h('p', { class: 'muted' }, `No buttons here: ${actionsOff}.`),
    done === undefined
      ? null
      : h('div', { tabIndex: -1, ref: told }, h(Note, { tone: 'good', title: done.text, live: true })),
  ]);
}

/** By the clock of the service: ` (in 2 min)`. */
function away(at: number, now: number | undefined, format: Format): string {
  if (now === undefined) return '';
  const minutes = Math.round((at - now) / 60_000);
  return minutes < 1 ? ' (now)' : ` (in ${format.number(minutes)} min)`;
}

function requestsText({ next }: Rollout, format: Format): string | undefined {
  if (next?.requests === undefined || next.needed === undefined) return undefined;
  return `${format.number(next.requests)} of ${format.number(next.needed)}`;
}

function bakeText({ next }: Rollout, format: Format): string | undefined {
  if (next?.bake === undefined) return undefined;
  const left = next.bakeLeft;
  return `${format.number(next.bake)} min${left === undefined ? '' : left > 0 ? `, ${format.number(left)} left` : ', over'}`;
}

function stepsSource({ startedAt, stepStartedAt, endedAt, endedOn, by }: Rollout, format: Format): string | undefined {
  const parts = [
    startedAt === undefined ? undefined : `Started ${format.moment(startedAt)}`,
    stepStartedAt === undefined
      ? undefined
      : `${endedAt === undefined ? 'this' : 'the last'} step began ${format.clock(stepStartedAt)}`,
    endedAt === undefined ? undefined : `ended ${format.moment(endedAt)}`,
    endedOn === undefined ? undefined : `ended on ${endedOn}`,
    by === undefined ? undefined : `last change by ${by}`,
  ].filter((each) => each !== undefined);
  return parts.length > 0 ? `${parts.join(', ').replace(/^./, (first) => first.toUpperCase())}.` : undefined;
}

/** Where the numbers come from, and of when they are. */
function measuredText(
  { by, minutes, unreadable, from, asOf, oldVersionFrom, knownFrom }: Measured,
  format: Format,
): string {
  const period = [
    minutes === undefined ? undefined : `${format.number(minutes)} ${minutes === 1 ? 'minute' : 'minutes'}`,
    from === undefined ? undefined : `from ${format.moment(from)}`,
    asOf === undefined ? undefined : `up to ${format.moment(asOf)}`,
  ].filter((each) => each !== undefined);
  const sentences = [
    `Measured by ${by ?? 'a source that the answer does not name'}${period.length > 0 ? `, ${period.join(' ')}` : ''}.`,
    (unreadable ?? 0) > 0 ? `${format.number(unreadable ?? 0)} more minutes could not be read.` : undefined,
    oldVersionFrom === undefined ? undefined : `The counts of the old version come from ${oldVersionFrom}.`,
    knownFrom.length > 0 ? `The rollout is known from the ${knownFrom.join(' and the ')}.` : undefined,
  ];
  return sentences.filter((each) => each !== undefined).join(' ');
}
