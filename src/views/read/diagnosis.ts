/** `diagnose_endpoint` as a view shows it: of one endpoint, or of all. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';
import { numberOf, rowsOf, textOf, textsOf, timeOf, unreadIn } from './fields.ts';

export interface Proof {
  source: string;
  of: string | undefined;
  at: number | undefined;
  text: string;
}

export interface Finding {
  code: string;
  severity: string;
  confidence: string | undefined;
  sentence: string;
  since: number | undefined;
  proofs: Proof[];
  /** Proofs that the answer left out. */
  more: number;
  /** What to do, and the call or the person that does it. */
  remedy: { say: string; call: string | undefined; person: string | undefined } | undefined;
}

export interface Happening {
  at: number | undefined;
  what: string;
  by: string | undefined;
}

export interface Diagnosis {
  endpoint: string | undefined;
  verdict: string | undefined;
  note: string | undefined;
  findings: Finding[];
  timeline: Happening[];
  notChecked: string[];
  /** What the answer left out or this view cannot read, in sentences. */
  missing: string[];
}

export function diagnosisOf(data: Data): Diagnosis {
  const omitted = numberOf(data.omitted_findings);
  const unchecked = numberOf(data.omitted_not_checked);
  const unread = unreadIn(data.findings) + unreadIn(data.timeline);
  return {
    endpoint: textOf(data.endpoint) ?? textOf(data.model_service),
    verdict: textOf(data.verdict),
    note: textOf(data.note),
    findings: rowsOf(data.findings).map(findingOf),
    timeline: rowsOf(data.timeline).map(({ at, what, by }) => ({
      at: timeOf(at),
      what: textOf(what) ?? 'something that the answer does not name',
      by: textOf(by),
    })),
    notChecked: rowsOf(data.not_checked).map(({ what, why }) => [textOf(what), textOf(why)].filter(Boolean).join(': ')),
    missing: [
      ...(omitted === undefined ? [] : [`${omitted} more findings are not in this answer.`]),
      ...(unchecked === undefined ? [] : [`${unchecked} more things were not checked.`]),
      ...(unread === 0 ? [] : [`${unread} entries have a form that this view does not know.`]),
    ],
  };
}

function findingOf(row: Data): Finding {
  const { remedy } = row;
  return {
    code: textOf(row.code) ?? 'finding',
    severity: textOf(row.severity) ?? 'not known',
    confidence: textOf(row.confidence),
    sentence: textOf(row.finding) ?? 'The answer has no sentence for this finding.',
    since: timeOf(row.since),
    proofs: rowsOf(row.evidence).map((each) => ({
      source: textOf(each.source) ?? 'a source without a name',
      of: textOf(each.of),
      at: timeOf(each.at),
      text: textOf(each.text) ?? '',
    })),
    more: numberOf(row.omitted_evidence) ?? 0,
    remedy: isObject(remedy)
      ? {
          say: textOf(remedy.say) ?? '',
          call: textOf(remedy.call) ?? textOf(remedy.after),
          person: textOf(remedy.person),
        }
      : undefined,
  };
}

/** One endpoint that needs a person, in the diagnosis of all. */
export interface Urgent {
  endpoint: string;
  verdict: string | undefined;
  code: string | undefined;
  sentence: string | undefined;
  since: number | undefined;
}

export interface Sweep {
  judged: number | undefined;
  needPerson: number | undefined;
  urgent: Urgent[];
  /** Verdicts of the others, with their numbers. */
  fine: [string, number][];
  fineMeans: string | undefined;
  /** Names of endpoints that could not be judged, by the reason. */
  notJudged: { why: string; names: string[] }[];
  cursor: string | undefined;
  note: string | undefined;
}

export function sweepOf(data: Data): Sweep {
  const fine = isObject(data.fine) ? Object.entries(data.fine) : [];
  const others = rowsOf(data.without_sentence).flatMap((group) =>
    textsOf(group.endpoints).map((endpoint) => urgentOf({ ...group, endpoint })),
  );
  return {
    judged: numberOf(data.judged),
    needPerson: numberOf(data.need_a_person),
    urgent: [...rowsOf(data.endpoints).map(urgentOf), ...others],
    fine: fine.flatMap(([verdict, count]): [string, number][] => {
      const number = numberOf(count);
      return number === undefined ? [] : [[verdict, number]];
    }),
    fineMeans: textOf(data.fine_means),
    notJudged: rowsOf(data.not_judged).map((group) => ({
      why: textOf(group.why) ?? 'the answer does not say why',
      names: textsOf(group.endpoints),
    })),
    cursor: textOf(data.next_cursor),
    note: textOf(data.note),
  };
}

function urgentOf(row: Data): Urgent {
  return {
    endpoint: textOf(row.endpoint) ?? 'an endpoint without a name',
    verdict: textOf(row.verdict),
    code: textOf(row.code),
    sentence: textOf(row.finding),
    since: timeOf(row.since),
  };
}
