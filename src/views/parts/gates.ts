/** The gates of a rollout: the canary against the version before, each with its bound. */
import { type ComponentChild, h } from 'preact';
import { type Gate, type Side, toneOfGate } from '../read/gate.ts';
import { spoken } from '../read/state.ts';
import { Badge } from './badge.ts';
import { type Format, useFormat } from './format.ts';
import { GateScale, ScaleKey } from './scale.ts';

export interface GatesProps {
  gates: readonly Gate[];
  canary: string | undefined;
  baseline: string | undefined;
  /** The colour of an entity. */
  lookOf: (entity: string | undefined) => number;
}

export function GateTable({ gates, canary, baseline, lookOf }: GatesProps): ComponentChild {
  const format = useFormat();
  if (gates.length === 0) return null;
  const entity = (name: string | undefined, otherwise: string) => [
    h('span', { class: `key line-${lookOf(name)}`, 'aria-hidden': true }),
    h('bdi', {}, name ?? otherwise),
  ];
  const [one, other] = [canary ?? 'the canary', baseline ?? 'the old version'];
  return h('div', { class: 'list' }, [
    h('table', { class: 'stack gates' }, [
      h(
        'thead',
        {},
        h('tr', {}, [
          h('th', { scope: 'col' }, 'Gate'),
          h('th', { scope: 'col', class: 'num' }, entity(canary, 'Canary')),
          h('th', { scope: 'col', class: 'num' }, entity(baseline, 'Old version')),
          h('th', { scope: 'col', class: 'difference' }, 'Canary against old version'),
        ]),
      ),
      h(
        'tbody',
        {},
        gates.map((gate, at) =>
          h('tr', { key: `${gate.name} ${at}` }, [
            h('th', { scope: 'row' }, [
              h('span', { class: 'gate-name' }, gate.title),
              h('br', {}),
              gate.verdict === undefined
                ? h('span', { class: 'muted' }, 'verdict not known')
                : h(Badge, { tone: toneOfGate(gate.verdict), word: spoken(gate.verdict) }),
            ]),
            h('td', { class: 'num', 'data-label': one }, sideText(gate.canary, format)),
            h('td', { class: 'num', 'data-label': other }, sideText(gate.baseline, format)),
            h('td', { class: 'difference', 'data-label': 'Difference' }, h(Difference, { gate, look: lookOf(canary) })),
          ]),
        ),
      ),
    ]),
    gates.some(({ difference }) => difference !== undefined) ? h(ScaleKey, {}) : null,
  ]);
}

function sideText({ requests, bad, percent }: Side, format: Format): ComponentChild {
  if (requests === undefined) return '–';
  if (requests === 0) return 'no requests yet';
  return [
    h('b', {}, percent === undefined ? 'not known' : format.percent(percent)),
    h(
      'span',
      { class: 'muted of' },
      ` ${bad === undefined ? 'not known' : format.number(bad)} of ${format.number(requests)}`,
    ),
  ];
}

function Difference({ gate, look }: { gate: Gate; look: number }): ComponentChild {
  const format = useFormat();
  const { difference, verdict, why, max } = gate;
  // For a pass, the scale says the same.
  const says = difference === undefined || verdict !== 'pass' ? why : undefined;
  return [
    h(GateScale, { gate, look }),
    says === undefined && difference === undefined ? 'not known' : null,
    says === undefined ? null : h('p', { class: difference === undefined ? '' : 'muted' }, says),
    max === undefined ? null : h('p', { class: 'muted' }, `At most ${format.percent(max)} allowed.`),
  ];
}
