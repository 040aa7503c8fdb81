/** The steps of a rollout in a row: passed, current and to come, each as a shape, a colour and words. */
import { type ComponentChild, h } from 'preact';
import { toneOfGate } from '../read/gate.ts';
import { spoken, type Tone } from '../read/state.ts';
import type { Step, StepCells, StepPhase } from '../read/steps.ts';
import { Badge } from './badge.ts';
import { type Format, useFormat } from './format.ts';

/** Shape and words of a phase. */
const PHASES: Record<StepPhase, { shape: string; word: string; tone: Tone }> = {
  passed: { shape: '●', word: 'done', tone: 'good' },
  current: { shape: '◐', word: 'current', tone: 'busy' },
  ahead: { shape: '○', word: 'to come', tone: 'plain' },
  stopped: { shape: '◆', word: 'ended here', tone: 'bad' },
  unreached: { shape: '○', word: 'not reached', tone: 'plain' },
  skipped: { shape: '○', word: 'skipped by hand', tone: 'plain' },
  open: { shape: '○', word: 'not known', tone: 'plain' },
};

/** @param needed requests that the current step needs. @param held the current step waits for a person. */
export function Stepper({
  steps,
  needed,
  held,
}: {
  steps: readonly Step[];
  needed: number | undefined;
  held: boolean;
}): ComponentChild {
  return h(
    'ol',
    { class: 'steps', 'aria-label': 'Steps' },
    steps.map((step) => h(OneStep, { key: step.number, step, needed, held })),
  );
}

function OneStep({ step, needed, held }: { step: Step; needed: number | undefined; held: boolean }): ComponentChild {
  const format = useFormat();
  const { number, percent, phase, minutes, passed, requests, verdict } = step;
  const isHeld = held && phase === 'current';
  const { shape, word, tone } = isHeld ? { shape: '▲', word: 'held here', tone: 'warn' as const } : PHASES[phase];
  const isCurrent = phase === 'current';
  return h('li', { class: `step tone-${tone}`, 'aria-current': isCurrent ? 'step' : undefined }, [
    h('p', { class: 'step-head' }, [
      h('span', { class: 'shape', 'aria-hidden': true }, shape),
      ' ',
      h('b', {}, percent === undefined ? 'not known' : format.percent(percent)),
      h('span', { class: 'muted' }, number === 0 ? ` deployed, ${word}` : ` step ${number}, ${word}`),
    ]),
    verdict === undefined || verdict === 'none'
      ? null
      : h('p', {}, h(Badge, { tone: toneOfGate(verdict), word: spoken(verdict) })),
    minutes === undefined
      ? null
      : h('p', { class: 'muted' }, [
          passed === undefined || passed === minutes
            ? `${format.number(minutes)} min`
            : `${format.number(minutes)} of ${format.number(passed)} min measured`,
          requests === undefined ? '' : `, ${format.number(requests)} requests`,
        ]),
    isCurrent && needed !== undefined && requests !== undefined && needed > 0
      ? h('progress', {
          max: needed,
          value: Math.min(requests, needed),
          'aria-label': `${format.number(requests)} of ${format.number(needed)} requests`,
        })
      : null,
  ]);
}

/** What was measured in each step, the canary first. Nothing without a measurement. */
export function StepTable({ steps }: { steps: readonly Step[] }): ComponentChild {
  const format = useFormat();
  const measured = steps.flatMap((step) => (step.cells ? [{ step, cells: step.cells }] : []));
  if (measured.length === 0) return null;
  const earlier = measured.some(({ cells }) => cells.baselineFrom !== undefined);
  const isLate = measured.some(({ step }) => step.phase === 'passed' && !/^(?:pass|none)/.test(step.verdict ?? 'pass'));
  const head = ['Step', 'Minutes', 'Requests', '5xx', '4xx', 'p95', 'Verdict'];
  return h('div', { class: 'list' }, [
    h('table', { class: 'stack broad' }, [
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          head.map((each) =>
            h('th', { key: each, scope: 'col', class: each === 'Step' || each === 'Verdict' ? '' : 'num' }, each),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        measured.map(({ step, cells }) => {
          const { number, percent, minutes, verdict } = step;
          const cell = (label: string, text: string) => h('td', { class: 'num', 'data-label': label }, text);
          return h('tr', { key: number }, [
            h('th', { scope: 'row' }, `${number}: ${percent === undefined ? 'not known' : format.percent(percent)}`),
            cell('Minutes', minutes === undefined ? 'not known' : format.number(minutes)),
            cell('Requests', pairText(cells.requests, format.number)),
            cell('5xx', shareText(cells.errors5xx, format)),
            cell('4xx', shareText(cells.errors4xx, format)),
            cell('p95', p95Text(cells, format)),
            h(
              'td',
              { 'data-label': 'Verdict' },
              verdict === undefined ? 'not known' : h(Badge, { tone: toneOfGate(verdict), word: spoken(verdict) }),
            ),
          ]);
        }),
      ),
    ]),
    earlier
      ? h(
          'p',
          { class: 'source' },
          'At 100 %, the old version has no requests. Its numbers are those of the earlier steps.',
        )
      : null,
    isLate
      ? h(
          'p',
          { class: 'source' },
          'A verdict here counts every minute of its step, also those after the decision to go on.',
        )
      : null,
  ]);
}

type Pair = readonly [number | undefined, number | undefined];

function pairText([canary, baseline]: Pair, text: (value: number) => string): string {
  if (canary === undefined && baseline === undefined) return 'not known';
  const of = (value: number | undefined) => (value === undefined ? 'not known' : text(value));
  return baseline === undefined ? of(canary) : `${of(canary)} / ${of(baseline)}`;
}

function shareText(shares: Pair | string, format: Format): string {
  return typeof shares === 'string' ? shares : pairText(shares, format.percent);
}

function p95Text({ p95, ratio }: StepCells, format: Format): string {
  const text = pairText(p95, format.duration);
  return ratio === undefined ? text : `${text} (${format.number(ratio)} x)`;
}
