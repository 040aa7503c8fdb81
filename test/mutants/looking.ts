/** The guards of a rollout that is looked at, and of the series of entities. */
import type { Mutant } from './list.ts';

const SHOWN = 'test/tools/shown-rollout.test.ts';
const SOURCES = 'test/tools/shown-rollout-sources.test.ts';
const PAST = 'test/rollout/past.test.ts';

export const looking: Mutant[] = [
  {
    guard: 'a look at a rollout gives no verdict without its plan',
    edits: [['const isPlanned = settings !== undefined && lost.length === 0;', 'const isPlanned = lost.length === 0;']],
    files: [SHOWN],
    named: 'with numbers and without verdicts',
  },
  {
    guard: 'a look at a rollout gives no verdict on readings that are gone',
    edits: [
      ['const isPlanned = settings !== undefined && lost.length === 0;', 'const isPlanned = settings !== undefined;'],
    ],
    files: [SHOWN],
    named: 'measurements are gone',
  },
  {
    guard: 'a look at a rollout knows that the readings of yesterday are deleted',
    edits: [['(!known || from < since) ? [at + 1]', '!known ? [at + 1]']],
    files: [SHOWN],
    named: 'a day later',
  },
  {
    guard: 'the minutes after the end of a rollout are no part of it',
    edits: [['isOver ? [...known.times, { step: AFTER, from: until }] : known.times', 'known.times']],
    files: [SHOWN],
    named: 'keeps what was measured after its end',
  },
  {
    guard: 'a tag that cannot be read is not hidden',
    edits: [['  if (unreadable) return unreadableView(current);\n', '']],
    files: [SHOWN],
    named: 'said and not hidden',
  },
  {
    guard: 'a rollout whose tag someone edited offers only the way back',
    edits: [["if (unreadable || isGone) return ['abort'];", "if (isGone) return ['abort'];"]],
    files: [SHOWN],
    named: 'an edited tag',
  },
  {
    guard: 'a server that may change nothing offers no action of a rollout',
    edits: [['...(context.readOnly ? { actions_off', '...(context.unattended ? { actions_off']],
    files: [SHOWN],
    named: 'may change nothing',
  },
  {
    guard: 'a rollout of an endpoint that is gone is not shown for its successor',
    edits: [['!last || (endpoint.creation_timestamp ?? 0) > first.at) return undefined;', '!last) return undefined;']],
    files: [SHOWN, PAST],
    named: 'is gone',
  },
  {
    guard: 'a tag that another machine left counts more than an older record',
    edits: [
      [
        'if (mark && mark.id !== past?.id) return markedView(shown, mark);',
        'if (mark && !past) return markedView(shown, mark);',
      ],
    ],
    files: [SHOWN],
    named: 'newer than the record',
  },
  {
    guard: 'a look decides nothing on a table that this server has not read',
    edits: [['if (!look) return { decision:', 'if (look === null) return { decision:']],
    files: [SOURCES],
    named: 'no look queries the warehouse',
  },
  {
    guard: 'a rollout is shown where its endpoint has no metrics',
    edits: [["detail === 'rollout' ? await sampling.catch(unlessAborted(context)) : await sampling", 'await sampling']],
    files: [SOURCES],
    named: 'no metrics at all',
  },
  {
    guard: 'without the record of its start, metrics without names are no numbers of a rollout',
    edits: [
      [
        "some((name) => (groups.get(name) ?? []).length > 0) ? 'metrics' : undefined",
        "some((name) => (groups.get(name) ?? []).length >= 0) ? 'metrics' : undefined",
      ],
    ],
    files: [SOURCES],
    named: 'without numbers',
  },
  {
    guard: 'a damaged plan in the journal is no plan',
    edits: [['return problemsOfPlan(seen.plan).length === 0 ? seen : undefined;', 'return seen;']],
    files: [SOURCES],
    named: 'in the journal leaves no answer',
  },
  {
    guard: 'an answer has a limited number of series',
    edits: [['.slice(0, MAX_ENTITIES);\n  const left', '.slice(0);\n  const left']],
    files: ['test/tools/metrics-detail.test.ts'],
    named: 'fewest requests',
  },
  {
    guard: 'a share that no minute has is not called zero',
    edits: [
      [
        'side[field] === undefined ? [] : { requests: side.requests, bad: side[field] }',
        '({ requests: side.requests, bad: side[field] ?? 0 })',
      ],
    ],
    files: ['test/rollout/report.test.ts'],
    named: 'is absent',
  },
];
