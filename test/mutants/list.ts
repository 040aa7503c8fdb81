/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: the edits are source text */
/**
 * The guards of this server, each as the edit that removes it, with the tests that must fail. The text of an edit must appear exactly once in `src/`
 * and `tools/`. So a guard that moves to another file is still found, and one that is gone or duplicated is reported.
 */
import { dashboard } from './dashboard.ts';
import { pretending } from './gateway-sandbox.ts';
import { hosting } from './hosting.ts';
import { identity } from './identity.ts';
import { looking } from './looking.ts';
import { serving } from './model-services.ts';
import { viewing } from './views.ts';

export interface Mutant {
  guard: string;
  edits: [find: string, replace: string][];
  /** Test files to run. */
  files: string[];
  /** A pattern for the names of the tests of this guard. */
  named: string;
}

const GUARDS = 'test/write/guards.test.ts';

const starting: Mutant[] = [
  {
    guard: 'an update of a stopped endpoint says that it starts it, and that this costs money',
    edits: [['if (!sends || !isStopped(current)) return', 'if (sends || !sends) return']],
    files: ['test/tools/stopped.test.ts'],
    named: 'says in preview and answer that it starts it',
  },
  {
    guard: 'an alias does not move to a version on a stopped endpoint',
    edits: [['  if (isStopped(seen))\n    throw new Refusal(', '  if (seen === undefined)\n    throw new Refusal(']],
    files: ['test/tools/stopped.test.ts'],
    named: 'leaves the alias where it is',
  },
  {
    guard: 'a wait ends at a stopped endpoint',
    edits: [
      ['    if (isStopped(seen)) {\n      if (wanted.starts', '    if (seen === undefined) {\n      if (wanted.starts'],
    ],
    files: ['test/tools/stopped.test.ts', 'test/readiness.test.ts'],
    named: 'stopped',
  },
];

const failing: Mutant[] = [
  {
    guard: 'rows that a library refuses are not called a fault of the code of the model',
    edits: [["if (refusesPayload(chain)) return { cause: 'payload_breaks_model', advice: undefined };", '']],
    files: ['test/diagnose/rules/failures.test.ts'],
    named: 'is about the rows of the caller',
  },
  {
    guard: 'the code around the refusal of a provider is its status where none is quoted',
    edits: [["(by === 'provider' ? statusOf(said.codes) : 0)", '0']],
    files: ['test/diagnose/rules/answers.test.ts'],
    named: 'quoted without its status',
  },
  {
    guard: 'the inference table of a busy endpoint has rows in every minute',
    edits: [['return begins.find((begin) => to - begin >= (to - from) / 2) ?? from;', 'return begins[0] ?? from;']],
    files: ['test/sandbox/sql/payloads.test.ts'],
    named: 'every minute of an hour',
  },
  {
    guard: 'an exception is that of a request only if the request failed',
    edits: [
      ['!all.some((line) => ANSWERS.test(line)) : status < 400', '!all.some((line) => ANSWERS.test(line)) : false'],
    ],
    files: ['test/diagnose/rules/failures.test.ts'],
    named: 'handled exception',
  },
  {
    guard: 'a few failures among many answers are no fault of the endpoint',
    edits: [['return failed >= LEAST_FAILED && sureShare(failed, requests) >= LEAST_SHARE;', 'return failed > 0;']],
    files: ['test/diagnose/rules/failures.test.ts'],
    named: 'chance and a few bad calls',
  },
  {
    guard: 'a caller is not sent to a diagnosis for a payload that does not fit',
    edits: [['next: ofEndpoint ? offer(found.name) : undefined', 'next: offer(found.name)']],
    files: ['test/tools/query-cause.test.ts'],
    named: 'for what the caller sent',
  },
];

const diagnosing: Mutant[] = [
  {
    guard: 'a finding without evidence is not believed',
    edits: [["evidence.some(({ text }) => text.trim() !== '');", 'evidence.length > 0;']],
    files: ['test/diagnose/diagnose.test.ts'],
    named: 'has evidence',
  },
  {
    guard: 'a remedy is a valid call: a version that no call can hold gives none',
    edits: [
      [
        'const fits = same.length === 1 && same[0]?.entity_version !== version && VERSION_NUMBER.test(version);',
        "const fits = same.length === 1 && version !== '';",
      ],
    ],
    files: ['test/diagnose/diagnose.test.ts'],
    named: 'valid call',
  },
  {
    guard: 'a part of the evidence that could not be read is named',
    edits: [['      skip(what, reasonOf(error, absent));\n', '      reasonOf(error, absent);\n']],
    files: ['test/diagnose/diagnose-endpoint.test.ts'],
    named: 'could not read the',
  },
  {
    guard: 'lines that may belong to another config prove nothing',
    edits: [
      [
        'each.deployment === deployment && each.doubt === undefined);\n  return own.flatMap',
        'each.deployment === deployment);\n  return own.flatMap',
      ],
    ],
    files: ['test/diagnose/diagnose.test.ts'],
    named: 'another config',
  },
  {
    guard: 'an endpoint is healthy only if its requests were seen',
    edits: [['is: (evidence) => !requestsSeen(evidence) || isInDoubt(evidence),', 'is: () => false,']],
    files: ['test/diagnose/diagnose-endpoint.test.ts'],
    named: 'does not call an endpoint healthy',
  },
  {
    guard: 'a few requests that failed are no sign of health',
    edits: [['failed >= 2 && failed >= requests / 2 && !isMany(failed, requests)', 'false']],
    files: ['test/diagnose/rules/numbers-rules.test.ts'],
    named: 'few requests of which most failed',
  },
  {
    guard: 'words in the log of what serves prove no failure',
    edits: [["if (!troubled && !(cause.lasting && log.log === 'service')) return [];", '']],
    files: ['test/diagnose/diagnose.test.ts'],
    named: 'a handled exception does not',
  },
];

const TEXTS = 'test/diagnose/many-texts.test.ts';

const reading: Mutant[] = [
  {
    guard: 'a database that asks whether its server is running does not say that it runs',
    edits: [['(?<!\\b[Ii]s (?:the|your|a) )', '']],
    files: [TEXTS],
    named: 'at the start',
  },
  {
    guard: 'an answer that no rule explains is a finding of its own',
    edits: [['  leftAnswer(RULES_OF_TRAFFIC),\n', '']],
    files: ['test/diagnose/rules/answers-left.test.ts'],
    named: 'no other rule explains',
  },
  {
    guard: 'an answer that a rule explains is not unknown as well',
    edits: [['if (isExplained || (status', 'if ((status']],
    files: [TEXTS],
    named: 'in an answer',
  },
  {
    guard: 'an answer that is no failure is no finding',
    edits: [['if (isExplained || (status !== undefined && status < 400)) return', 'if (isExplained) return']],
    files: ['test/diagnose/rules/answers-left.test.ts'],
    named: 'if it is no failure',
  },
  {
    guard: 'an error of a client about the address of the endpoint is about no other service',
    edits: [['  if (OWN_ADDRESS.test(text)) return undefined;\n', '']],
    files: [TEXTS],
    named: 'in an answer',
  },
  {
    guard: 'an answer is read without the words of a client around it',
    edits: [
      ['const quoted = quotedAnswer(answer.text);', 'const quoted = { status: undefined, text: answer.text };'],
      ["import { quotedAnswer } from '../quoted-answer.ts';\n", ''],
    ],
    files: [TEXTS],
    named: 'in an answer',
  },
  {
    guard: 'a number in the body of an answer is not its status',
    edits: [['statusIn(text.slice(0, body.from)) ?? statusIn(text.slice(body.to))', 'statusIn(text)']],
    files: ['test/diagnose/quoted-answer.test.ts'],
    named: 'numbers in a body',
  },
  {
    guard: 'lines of a log are tried on expressions that V8 compiles',
    edits: [['= LISTS.map(\n', '= [ALL].map(\n']],
    files: ['test/digest/failure-causes.test.ts'],
    named: 'V8 compiles',
  },
];

const sweeping: Mutant[] = [
  {
    guard: 'a sweep sends at most ten requests at a time',
    edits: [['    if (running >= limit) await new Promise', '    if (running < 0) await new Promise']],
    files: ['test/diagnose/sweep.test.ts'],
    named: 'with ten requests at a time',
  },
  {
    guard: 'an endpoint that hangs does not stop the sweep of the others',
    edits: [
      [
        '    return await within(eachMs, whole, async (own)',
        '    return await within(eachMs * 1_000, whole, async (own)',
      ],
    ],
    files: ['test/diagnose/sweep.test.ts'],
    named: 'goes on when one endpoint hangs',
  },
  {
    guard: 'an endpoint that was not judged in time is not passed over',
    edits: [['next_cursor: last,\n    note: late', "next_cursor: outcomes.at(-1)?.name ?? '',\n    note: late"]],
    files: ['test/diagnose/sweep-report.test.ts'],
    named: 'judges again',
  },
  {
    guard: 'a diagnosis starts no SQL warehouse',
    edits: [['openWarehouse(own, undefined, false, LIMIT)', 'openWarehouse(own, undefined, true, LIMIT)']],
    files: ['test/diagnose/diagnose-tables.test.ts'],
    named: 'starts no stopped warehouse',
  },
  {
    guard: 'a diagnosis reads no requests of customers without --payloads',
    edits: [['answers: payload !== undefined && context.payloads };', 'answers: payload !== undefined };']],
    files: ['test/diagnose/diagnose-tables.test.ts'],
    named: 'without --payloads',
  },
  {
    guard: 'the text of a failed answer is no part of a remedy',
    edits: [
      [
        '    remedy: remedy && remedyView(remedy),',
        '    remedy: remedy && remedyView({ ...remedy, say: remedy.say + evidence[0].text }),',
      ],
    ],
    files: ['test/diagnose/diagnose-tables.test.ts'],
    named: 'as nothing else',
  },
];

const opening: Mutant[] = [
  {
    guard: 'a sandbox that failed to open is tried again',
    edits: [['      opening = undefined;\n      throw failed(error);', '      throw failed(error);']],
    files: ['test/commands/own-sandbox.test.ts'],
    named: 'tries again',
  },
];

const rehearsing: Mutant[] = [
  {
    guard: 'a mishap of the past stays in the minutes before its end',
    edits: [['ended_at !== null && ended_at <= at', 'ended_at !== null']],
    files: ['test/sandbox/incidents/mechanism.test.ts'],
    named: 'the minutes before keep their failures',
  },
  {
    guard: 'a failure ends only when everything that it needs is there',
    edits: [
      [
        'return need !== null && metByWorkspace(workspace, need) && metByEntity(need, config) ? null : failure;',
        'return need !== null ? null : failure;',
      ],
    ],
    files: ['test/sandbox/incidents/mechanism.test.ts'],
    named: 'a version fails until',
  },
  {
    guard: 'a mistyped incident starts nothing',
    edits: [
      [
        '  if (!names.includes(name))\n    throw new UsageError(\n      `--sandbox-incident',
        '  if (names.length === 0)\n    throw new UsageError(\n      `--sandbox-incident',
      ],
    ],
    files: ['test/config.test.ts'],
    named: 'is refused',
  },
];

const publishing: Mutant[] = [
  {
    guard: 'an answer offers no call of a tool that is not published',
    edits: [['return OFFERS.has(key) && isOffer(inner) ? [] : [[key, kept]];', 'return [[key, kept]];']],
    files: ['test/calls/publication.test.ts', 'test/tools/toolsets.test.ts'],
    named: 'offer',
  },
  {
    guard: 'an answer that names a tool which is not published says how to enable it',
    edits: [['return { ...rest, not_published: note(missing, limits) };', 'return rest;']],
    files: ['test/calls/publication.test.ts'],
    named: 'keeps a sentence',
  },
  {
    guard: 'a tool of no chosen toolset is not callable',
    edits: [['if (limits.toolsets && !isChosen(tool, limits)) {', 'if (limits.toolsets === null) {']],
    files: ['test/tools/toolsets.test.ts'],
    named: 'refuses a call of any other tool',
  },
  {
    guard: 'toolsets bring back no tool that read-only mode takes away',
    edits: [
      [
        '!isQueryOff(tool, limits) && !isWriteOff(tool, limits) && !limits.reach',
        '!isQueryOff(tool, limits) && !limits.reach',
      ],
    ],
    files: ['test/calls/publication.test.ts'],
    named: 'never bring back',
  },
];

const comparing: Mutant[] = [
  {
    guard: 'the contract check can only read',
    edits: [
      [
        "const reading = http.bind({ signal, access: 'read' });",
        "const reading = http.bind({ signal, access: 'write' });",
      ],
    ],
    files: ['test/doctor/contract-reader.test.ts'],
    named: 'refuses every method but GET',
  },
  {
    guard: 'the contract check asks a bounded number of questions',
    edits: [["if (sent >= MAX_REQUESTS) return 'requests';", '']],
    files: ['test/doctor/contract-reader.test.ts'],
    named: 'stops after',
  },
  {
    guard: 'a contract report shows no name of the workspace, although its parts are words of an API',
    edits: [['const named = /[_/.:-]/.test(text) && isName(text);', 'const named = isName("");']],
    files: ['test/doctor/contract-anonymity.test.ts'],
    named: 'name of a field',
  },
  {
    guard: 'a contract report shows of a word only the parts that are words of an API',
    edits: [['return among.includes(value) ? value : (passed(value) ?? formOf(value));', 'return value;']],
    files: ['test/doctor/contract-anonymity.test.ts'],
    named: 'secrets are planted|no word of an API',
  },
  {
    guard: 'a contract report quotes no word of a message except common ones',
    edits: [['return known ? before + core + after : HIDDEN;', 'return known || core ? token : HIDDEN;']],
    files: ['test/doctor/contract-anonymity.test.ts'],
    named: 'shows no message',
  },
  {
    guard: 'a contract report never replaces a file',
    edits: [['if (refusal !== undefined) {', 'if (refusal === "") {']],
    files: ['test/doctor/contract.test.ts'],
    named: 'never replaces a file',
  },
];

const describing: Mutant[] = [
  {
    guard: 'telemetry that the service would ignore is refused',
    edits: [
      [
        'if (telemetry.table_names !== undefined || telemetry.telemetry_profile_id !== undefined) return [];',
        'if (telemetry) return [];',
      ],
    ],
    files: ['test/tools/telemetry.test.ts'],
    named: 'neither tables nor a profile',
  },
  {
    guard: 'an update of the telemetry keeps the settings that were not named',
    edits: [
      [
        'inference_table_config: before, ...rest } = telemetrySettings(stored) ?? {};',
        'inference_table_config: before } = telemetrySettings(stored) ?? {};\n  const rest = {};',
      ],
    ],
    files: ['test/tools/telemetry.test.ts'],
    named: 'keeps what the call does not name',
  },
  {
    guard: 'the undo of telemetry does not overwrite a later change',
    edits: [['if (id === undefined || (profile !== undefined && id !== profile)) return false;', '']],
    files: ['test/tools/telemetry.test.ts'],
    named: 'refuses to overwrite a later change',
  },
  {
    guard: 'a missing route stops an update before its other changes',
    edits: [
      [
        'const parts: Part[] = [described, budget, telemetry, tags, notified, config];',
        'const parts: Part[] = [tags, notified, config, described, budget, telemetry];',
      ],
    ],
    files: ['test/tools/own-routes.test.ts'],
    named: 'is met first',
  },
];

const merging: Mutant[] = [
  {
    guard: 'a gateway that lost a guardrail is not a success',
    edits: [['  if (isKept(sent, found)) return { kind', '  if (found) return { kind']],
    files: ['test/tools/gateway-kept.test.ts'],
    named: 'an error with the exact state',
  },
  {
    guard: 'a right that may come through an unknown group stops no write',
    edits: [["  return answers.includes('unknown') ? 'unknown' : 'missing';", "  return 'missing';"]],
    files: ['test/tools/who-may.test.ts'],
    named: 'may belong to it|leaves a missing grant open',
  },
  {
    guard: 'a creator that cannot be looked up is not called gone',
    edits: [['  if (error !== undefined) return undefined;\n  if (name', '  if (name']],
    files: ['test/tools/who-may.test.ts'],
    named: 'is one warning, and the swap goes on',
  },
  {
    guard: 'a creator without the rights to serve a model stops a swap',
    edits: [['(start && may.refusal)', 'undefined']],
    files: ['test/tools/who-may.test.ts'],
    named: 'with the grant to request',
  },
  {
    guard: 'a preview shows another user’s update that the change would replace',
    edits: [['    changes,\n    ...replacedUpdate(write),', '    changes,']],
    files: ['test/write/pending-update.test.ts'],
    named: 'previews',
  },
  {
    guard: 'a question shows the update in progress that a deletion would end',
    edits: [['{ ...write.consentDetails, ...replacedUpdate(write), changes', '{ ...write.consentDetails, changes']],
    files: ['test/write/pending-update.test.ts'],
    named: 'asks with it',
  },
  {
    guard: 'no config replaces the parts of an agent that no one sees',
    edits: [['  if (!isAgentTile(current)) return;\n', '  return;\n']],
    files: ['test/tools/without-entities.test.ts'],
    named: 'managed elsewhere',
  },
  {
    guard: 'an agent in production is never called idle',
    edits: [
      [
        "  if (isAgentTile(endpoint)) return state.ready === 'READY' ? `serving ${AGENT_TILE}` : 'nothing is serving';\n",
        '',
      ],
    ],
    files: ['test/tools/without-entities.test.ts'],
    named: 'never called idle',
  },
  {
    guard: 'an active config that is not ready is not called serving',
    edits: [
      ["if (state.ready !== 'READY')\n    return `${entities", "if (state.ready === '')\n    return `${entities"],
    ],
    files: ['test/rest/traffic.test.ts'],
    named: 'does not say that the active config serves',
  },
  {
    guard: 'set_rate_limits keeps the other parts of the AI Gateway block',
    edits: [['const gateway: AiGateway = { ...current, rate_limits:', 'const gateway: AiGateway = { rate_limits:']],
    files: ['test/plan/rate-limits.test.ts', 'test/tools/set-rate-limits.test.ts'],
    named: 'guardrails, tracking, fallback',
  },
  {
    guard: 'set_rate_limits keeps the limits that were not named',
    edits: [['for (const limit of current?.rate_limits ?? []) limits.set(limitKey(limit), limit);', '']],
    files: ['test/plan/rate-limits.test.ts', 'test/tools/set-rate-limits.test.ts'],
    named: 'the other limits|never loses',
  },
  {
    guard: 'update_ai_gateway keeps the parts that were not named',
    edits: [['isObject(before) ? { ...before } : {};', '{};']],
    files: ['test/plan/gateway.test.ts'],
    named: 'never lost|brings back',
  },
  {
    guard: 'swap_version keeps siblings and their traffic',
    edits: [
      [
        'if (entity !== replaced) return [{ name: entity.name, input, share: traffic.get(entity.name) ?? 0 }];',
        'if (entity !== replaced) return [];',
      ],
    ],
    files: ['test/plan/swap.test.ts', 'test/tools/swap-version.test.ts'],
    named: 'sibling',
  },
  {
    guard: 'swap_version keeps every setting of the replaced entity',
    edits: [
      [
        '{ ...entityInput(replaced), name, entity_version: version }',
        '{ entity_name: model, name, entity_version: version }',
      ],
    ],
    files: ['test/plan/swap.test.ts', 'test/tools/swap-version.test.ts'],
    named: 'the whole config',
  },
  {
    guard: 'swap_version keeps the variables that were not named',
    edits: [['const variables = { ...variablesOf(entity) };', 'const variables: Record<string, string> = {};']],
    files: ['test/tools/swap-variables.test.ts', 'test/plan/swap.test.ts', 'test/plan/update.test.ts'],
    named: 'leaves as it is|all other settings stay|other variables',
  },
  {
    guard: 'swap_version refuses a raw secret in a variable',
    edits: [['refuseProblems([...problemsOfChanges(set, removed), ...unknown]);', 'refuseProblems(unknown);']],
    files: ['test/tools/swap-variables.test.ts'],
    named: 'a raw secret',
  },
  {
    guard: 'update_endpoint keeps the settings that were not named',
    edits: [['const result: EntityInput = { ...entity };', 'const result: EntityInput = { name: entity.name };']],
    files: ['test/plan/update.test.ts'],
    named: 'never lost',
  },
  {
    guard: 'a key that the service does not return is not overwritten',
    edits: [
      [
        'const lost = entities.map(unwritable).find((reason) => reason !== undefined);',
        'const lost = undefined as string | undefined;',
      ],
    ],
    files: ['test/plan/swap.test.ts'],
    named: 'a sibling whose key',
  },
];

const swapping: Mutant[] = [
  {
    guard: 'the alias moves last',
    edits: [
      [
        'steps: alias ? [first, moveStep(swap, alias, context)] : [first],',
        'steps: alias ? [moveStep(swap, alias, context), first] : [first],',
      ],
    ],
    files: ['test/tools/swap-version.test.ts'],
    named: 'alias',
  },
  {
    guard: 'exported curl lines wait for the version before they move the alias',
    edits: [['return config ? [untilServed(config, step), send(step)] : [send(step)];', 'return [send(step)];']],
    files: ['test/write/export-cli.test.ts'],
    named: 'leaves the alias',
  },
  {
    guard: 'exported steps stop at the first that fails',
    edits: [["const THEN = ' &&\\n';", "const THEN = '\\n';"]],
    files: ['test/write/export-cli.test.ts'],
    named: 'ends the rest|alias stays',
  },
  {
    guard: 'no export of an alias while the update before it runs',
    edits: [
      [
        "if (before?.state.config_update === 'IN_PROGRESS' && steps.some(({ what }) => what === 'alias')) {",
        'if (false) {',
      ],
    ],
    files: ['test/write/export-cli.test.ts'],
    named: 'while the swap runs',
  },
  {
    guard: 'a grant in a bundle is listed with the existing ones',
    edits: [
      ['permissions: [...there.filter((each) => !given.some(sameAs(each))), ...given] };', 'permissions: given };'],
    ],
    files: ['test/write/export.test.ts'],
    named: 'a grant is listed with the existing ones',
  },
  {
    guard: 'the probe comes before the alias',
    edits: [['if (!swap.probe) return {', 'if (true) return {']],
    files: ['test/tools/swap-version.test.ts'],
    named: 'probe',
  },
  {
    guard: 'no alias on a version that most requests do not reach',
    edits: [['if (alias && plan.shared) refuseSharedAlias(alias, number);', '']],
    files: ['test/tools/swap-version.test.ts'],
    named: 'never moves an alias',
  },
  {
    guard: 'only a READY version is served',
    edits: [["if (found.status !== undefined && found.status !== 'READY') {", 'if (false) {']],
    files: ['test/tools/swap-version.test.ts', 'test/tools/create-endpoint.test.ts'],
    named: 'registration|READY|refuses|nothing',
  },
  {
    guard: 'an update of someone else is not overwritten',
    edits: [['if (pending_update === undefined) return undefined;', 'return undefined;']],
    files: ['test/tools/swap-version.test.ts', 'test/write/pending-update.test.ts'],
    named: 'someone else started|is refused with that update',
  },
];

const judging: Mutant[] = [
  {
    guard: 'done only when the wanted version is in the active config',
    edits: [['const missing = missingFrom(active, wanted);', 'const missing = undefined as string | undefined;']],
    files: ['test/readiness.test.ts'],
    named: 'version',
  },
  {
    guard: 'a reading older than the write is not believed',
    edits: [
      [
        'if (wanted.configVersion !== undefined && latest !== undefined && latest < wanted.configVersion) {',
        'if (false) {',
      ],
    ],
    files: ['test/readiness.test.ts'],
    named: 'old|stale|config',
  },
  {
    guard: 'done only when the entity is deployed',
    edits: [['if (starting.length > 0) return {', 'if (false) return {']],
    files: ['test/readiness.test.ts'],
    named: 'the judge',
  },
  {
    guard: 'done only when the active config serves',
    edits: [["if (seen.state.ready !== 'READY') return {", 'if (false) return {']],
    files: ['test/readiness.test.ts'],
    named: 'the judge',
  },
  {
    guard: 'a failed update ends the wait as failed',
    edits: [['if (ended && concerns(seen, wanted)) {', 'if (false) {']],
    files: ['test/readiness.test.ts', 'test/tools/swap-version.test.ts'],
    named: 'fail',
  },
  {
    guard: 'a wait that runs out is an answer',
    edits: [
      [
        "if (verdict.kind !== 'pending' || waitedMs >= limitMs) return",
        "if (verdict.kind === 'pending' && waitedMs >= limitMs) throw new Error('timed out');\n    if (verdict.kind !== 'pending') return",
      ],
    ],
    files: ['test/tools/wait-for-endpoint.test.ts'],
    named: 'answer when the time runs out',
  },
];

const sending: Mutant[] = [
  {
    guard: 'an inference that failed with 500, 502 or 504 is not sent again',
    edits: [['(repeatable && failedInside(error))', 'failedInside(error)']],
    files: ['test/rest/http.test.ts', 'test/tools/query-endpoint.test.ts'],
    named: 'not sent again|when the service fails',
  },
  {
    guard: 'an inference whose answer was lost is not sent again',
    edits: [['return !error.sent || repeatable;', 'return true;']],
    files: ['test/rest/http.test.ts', 'test/tools/query-endpoint.test.ts'],
    named: 'never sent again|times out|not sent again',
  },
  {
    guard: 'only GET is repeatable by itself',
    edits: [["options.repeatable ?? method === 'GET'", 'options.repeatable ?? true']],
    files: ['test/rest/http.test.ts'],
    named: 'sent once|never sent again|not sent again',
  },
  {
    guard: 'a write whose answer was lost is resolved by reading',
    edits: [['const found = await check()', 'const found = await Promise.resolve(undefined as T | undefined)']],
    files: ['test/tools/create-endpoint.test.ts', 'test/tools/swap-version.test.ts'],
    named: 'resolved by reading',
  },
  {
    guard: 'a conflict may be the echo of our own first try',
    edits: [['return error.status === 409 || (error', 'return (error']],
    files: ['test/tools/create-endpoint.test.ts'],
    named: 'hid an accepted first try',
  },
  {
    guard: 'a failed read after a lost reply does not hide that the outcome is unknown',
    edits: [['const found = await check().catch(() => undefined);', 'const found = await check();']],
    files: ['test/write/lost-reply.test.ts'],
    named: 'the state cannot be read',
  },
  {
    guard: 'every failure that can follow the effect counts as unknown',
    edits: [
      ['return status >= 500 && status !== 501 && status !== 503;', 'return [500, 502, 504].includes(status);'],
      ['if (status === 408 || status === 499) return true;', ''],
    ],
    files: ['test/rest/effect.test.ts', 'test/write/lost-reply.test.ts'],
    named: 'may have run|before the effect',
  },
  {
    guard: 'a refused later try does not hide an earlier one that may have run',
    edits: [['if (unclear !== undefined) return unclear;', '']],
    files: ['test/write/lost-reply.test.ts'],
    named: 'a later try that is refused',
  },
  {
    guard: 'a conflict without an earlier try is not the echo of our own',
    edits: [
      [
        'if (!(error instanceof ApiError) || !error.afterBusy) return false;',
        'if (!(error instanceof ApiError)) return false;',
      ],
    ],
    files: ['test/write/own-change.test.ts'],
    named: 'the same user took elsewhere',
  },
  {
    guard: 'a lost create is compared with all of its settings',
    edits: [['if (!found || !isRequested(found, body, entities)) return undefined;', 'if (!found) return undefined;']],
    files: ['test/write/own-change.test.ts'],
    named: 'of the same user without its',
  },
  {
    guard: 'a lost create is compared with its tags, gateway and description, not with its entities alone',
    edits: [['hasAll(found, { ...settings, effective_budget_policy_id: budget_policy_id })', 'true']],
    files: ['test/write/own-change.test.ts'],
    named: 'of the same user without its',
  },
  {
    guard: 'a lost change is compared with its caller',
    edits: [['if (me !== undefined && made.some(', 'if (false && made.some(']],
    files: ['test/write/own-change.test.ts'],
    named: 'of someone else',
  },
  {
    guard: 'a lost change is compared with its time',
    edits: [["if (made.some(({ at }) => at !== undefined && at < since)) return 'other';", '']],
    files: ['test/write/own-change.test.ts'],
    named: 'older than its request',
  },
  {
    guard: 'a lost update is the next config version',
    edits: [['each?.config_version === before + 1 &&', '(each?.config_version ?? 0) > before &&']],
    files: ['test/write/own-change.test.ts'],
    named: 'two versions on',
  },
  {
    guard: 'a repeated call does not finish an interrupted one with the change of someone else',
    edits: [['!readOnly && !write.foreign && ended', '!readOnly && ended']],
    files: ['test/write/own-change.test.ts'],
    named: 'with the change of someone else',
  },
  {
    guard: 'a failed update that left the old config is reported as no change',
    edits: [['changed: sent && !outcome.harmless', 'changed: sent']],
    files: ['test/write/no-effect.test.ts'],
    named: 'reported as no change',
  },
  {
    guard: 'an inherited grant is not granted again',
    edits: [['return own.find((other) => rank(other) >= rank(each)) ?? [];', 'return [];']],
    files: ['test/write/no-effect.test.ts'],
    named: 'inherits already',
  },
  {
    guard: 'the undo of a rollout overwrites nothing that someone else changed',
    edits: [['if (!isAsRecorded(field, parent[key], from)) foreign.push(', 'if (false as boolean) foreign.push(']],
    files: ['test/tools/undo-rollout.test.ts'],
    named: 'is not overwritten',
  },
  {
    guard: 'the undo of a rollout moves no alias that someone else moved',
    edits: [['if (now.version !== before && now.version !== to)', 'if (false as boolean)']],
    files: ['test/tools/undo-rollout.test.ts'],
    named: 'the alias',
  },
  {
    guard: 'the undo of a rollout ends no later deployment',
    edits: [
      ['isRewindable(entry.changes) && deployed(entry.changes).length === 0 &&', 'isRewindable(entry.changes) &&'],
    ],
    files: ['test/tools/undo-rollout.test.ts', 'test/tools/undo-change.test.ts'],
    named: 'another version|swept away',
  },
  {
    guard: 'the undo of an undo marks the first change as in effect',
    edits: [['await markUndone(journal, undoes, !undone);', '']],
    files: ['test/tools/undo-rollout.test.ts'],
    named: 'as in effect',
  },
  {
    guard: 'an entity without a state is taken as deployed: the state of the endpoint decides',
    edits: [
      [
        "(entity.state?.deployment ?? 'DEPLOYMENT_READY') !== 'DEPLOYMENT_READY'",
        "entity.state?.deployment !== 'DEPLOYMENT_READY'",
      ],
    ],
    files: ['test/readiness.test.ts'],
    named: 'without a state',
  },
  {
    guard: 'an open entry of another workspace is not continued',
    edits: [
      [
        'each.host === host && each.subject.kind === subject.kind && each.subject.name === subject.name;\n  const { entries } = await journal.read({ where, newest: SEARCHED }).catch',
        'each.subject.kind === subject.kind && each.subject.name === subject.name;\n  const { entries } = await journal.read({ where, newest: SEARCHED }).catch',
      ],
    ],
    files: ['test/journal/resume.test.ts'],
    named: 'the entry of another workspace',
  },
  {
    guard: 'an open entry of another workspace is not closed',
    edits: [
      [
        'const where = (each: JournalEntry) => each.host === host && each.call === call;',
        'const where = (each: JournalEntry) => each.call === call;',
      ],
    ],
    files: ['test/journal/resume.test.ts'],
    named: 'the entry of another workspace',
  },
  {
    guard: 'an open entry of another workspace does not make a call a repeat',
    edits: [
      [
        'where: (each) => each.host === host && each.call === call, newest: 1',
        'where: (each) => each.call === call, newest: 1',
      ],
    ],
    files: ['test/journal/resume.test.ts'],
    named: 'the entry of another workspace',
  },
  {
    guard: 'a read-only server closes no entry',
    edits: [['if (journal && !readOnly && !write.foreign && ended) {', 'if (journal && !write.foreign && ended) {']],
    files: ['test/journal/resume.test.ts'],
    named: 'closes none at all',
  },
  {
    guard: 'the undo of a move that stopped half-way switches the inference table on again',
    edits: [['...(movedTable ? { inference_table: tableArgs(movedTable) } : {}) },', '},']],
    files: ['test/tools/update-ai-gateway.test.ts'],
    named: 'goes back by its undo',
  },
  {
    guard: 'an inference table that someone switched off is not switched on by an undo',
    edits: [['return whole || !endsMove({ field, from, to }, made);', 'return !endsMove({ field, from, to }, made);']],
    files: ['test/tools/update-ai-gateway.test.ts'],
    named: 'is not switched on by its undo',
  },
  {
    guard: 'an empty success is checked by reading',
    edits: [['if (step.lost && isEmpty(sent.reply)) return', 'if (false as boolean) return']],
    files: ['test/write/empty-answer.test.ts'],
    named: 'without an effect is an error',
  },
  {
    guard: 'an empty answer to a read is no empty list',
    edits: [["if (method !== 'GET') return {};", 'return {};']],
    files: ['test/write/empty-answer.test.ts'],
    named: 'no empty list|never replaces',
  },
  {
    guard: 'an empty answer of a model is an error',
    edits: [
      [
        "if (text.trim() === '')\n    throw new TransportError('empty', request,",
        "if (false)\n    throw new TransportError('empty', request,",
      ],
    ],
    files: ['test/write/empty-answer.test.ts'],
    named: 'answered nothing',
  },
  {
    guard: 'a full-replacement request is not sent again after a pause',
    edits: [['options.noRetry ? undefined : retryDelay(', 'retryDelay(']],
    files: ['test/rest/http.test.ts', 'test/write/changed-meanwhile.test.ts'],
    named: 'allows no retry|not accepted is not sent again',
  },
  {
    guard: 'no request is repeated inside the window of its limit',
    edits: [
      [
        'if (asked === undefined && error instanceof ApiError && (error.window?.ms ?? 0) > MAX_PAUSE) return undefined;',
        '',
      ],
    ],
    files: ['test/rest/retry.test.ts'],
    named: 'is not tried again within seconds',
  },
  {
    guard: 'an app keeps the settings that this server does not know',
    edits: [
      ['!OUTPUT.test(name) && value !== null', '/^(?:name|description|user_api_scopes)$/.test(name) && value !== null'],
    ],
    files: ['test/tools/attach-to-app.test.ts'],
    named: 'sends back every setting',
  },
  {
    guard: 'an absurd pause is reported, not waited for',
    edits: [['return waited + pause > MAX_PAUSE ? undefined : pause;', 'return pause;']],
    files: ['test/rest/retry.test.ts', 'test/rest/http.test.ts'],
    named: 'absurd',
  },
  {
    guard: 'redirects are not followed, nor taken for an answer',
    edits: [['if (response.statusCode >= 300 && response.statusCode < 400) {', 'if (false) {']],
    files: ['test/rest/http.test.ts'],
    named: 'redirect',
  },
  {
    guard: 'the token of the workspace goes to no other origin',
    edits: [
      ['options.target ? { authorization: `Bearer ${options.target.bearer}` } : signer.headers', 'signer.headers'],
    ],
    files: ['test/rest/http.test.ts'],
    named: 'never with the workspace',
  },
  {
    guard: 'the refusal of a provider renews no token',
    edits: [["|| error.said.by !== 'service') return false;", ') return false;']],
    files: ['test/rest/http.test.ts'],
    named: 'is not renewed when a provider refused',
  },
  {
    guard: 'a refusal of an old token does not cost the one that replaced it',
    edits: [['if (value !== undefined && token?.value !== value) return false;', '']],
    files: ['test/auth/token-cache.test.ts'],
    named: 'does not cost the token that replaced it',
  },
  {
    guard: 'a token that was refused is not sent again',
    edits: [['if (auth.authorization === refused) throw afterEarlier(error, earlier);', '']],
    files: ['test/rest/http.test.ts'],
    named: 'is not sent again when the source has no other one',
  },
  {
    guard: 'a quota that is used up is not tried again',
    edits: [['(notAccepted(error) && !isUsedUp(error))', 'notAccepted(error)']],
    files: ['test/rest/retry.test.ts'],
    named: 'used up',
  },
  {
    guard: 'words that a refusal quotes decide nothing',
    edits: [['return (index) => !quoted.some(([from, to]) => index > from && index < to);', 'return () => true;']],
    files: ['test/calls/unlisted-refusals.test.ts'],
    named: 'quotes',
  },
  {
    guard: 'the refusal of a provider is never about the access of the caller',
    edits: [["return by === 'provider' ? OTHERS : ROWS;", 'return ROWS;']],
    files: ['test/calls/advice.test.ts'],
    named: 'of a provider',
  },
  {
    guard: 'an endless answer is cut off',
    edits: [['if (size > max)', 'if (size > 40 * max)']],
    files: ['test/rest/http.test.ts'],
    named: 'a body without end',
  },
  {
    guard: 'names are encoded in paths',
    edits: [['return encodeURIComponent(value);', 'return value;']],
    files: ['test/rest/http.test.ts', 'test/rest/query.test.ts'],
    named: 'encoded|path part|names',
  },
];

const allowing: Mutant[] = [
  {
    guard: 'read-only refuses writes and shows the change',
    edits: [['if (readOnly) return withoutWriting(write);', '']],
    files: [GUARDS],
    named: 'shows the change it would have made',
  },
  {
    guard: 'a read-only server sends no probe',
    edits: [
      ['inference: environment.noQuery || environment.readOnly ?', 'inference: environment.noQuery ?'],
      ['return probe && readOnly\n    ?', 'return false\n    ?'],
    ],
    files: [GUARDS],
    named: 'sends no probe of a tool',
  },
  {
    guard: 'read-only binds a connection that cannot write',
    edits: [["readOnly ? 'read' : 'write'", "'write'"]],
    files: [GUARDS],
    named: 'in read-only mode no connection',
  },
  {
    guard: 'read-only does not publish writes',
    edits: [["(effect === 'write' || effect === 'destroy') && readOnly", 'readOnly && !readOnly']],
    files: [GUARDS],
    named: 'does not publish',
  },
  {
    guard: 'no-query refuses inferences',
    edits: [['if (isQueryOff(tool, limits)) {', 'if (false) {']],
    files: [GUARDS],
    named: 'no query',
  },
  {
    guard: 'a tool reads with a connection that cannot write',
    edits: [['&& !allows(binding.access, method, path)', '&& false']],
    files: [GUARDS],
    named: 'the access of a connection',
  },
  {
    guard: 'a query tool can send inferences only',
    edits: [["(isInferencePath(path) || path === '/oidc/v1/token')", 'true']],
    files: [GUARDS],
    named: 'tool cannot',
  },
  {
    guard: 'the policy is checked before every write',
    edits: [['  checkPolicy(policy, write);', '']],
    files: [GUARDS],
    named: 'names the rule and who can change it',
  },
  {
    guard: 'the policy knows protected endpoints',
    edits: [['if (guarded !== undefined) refuse(', 'if (false) refuse(']],
    files: [GUARDS],
    named: 'a protected endpoint',
  },
  {
    guard: 'the policy lets only allowed endpoints be changed',
    edits: [['if (policy.allow_endpoints && !policy', 'if (false && !policy']],
    files: [GUARDS],
    named: 'an endpoint that is not allowed',
  },
  {
    guard: 'the policy protects the aliases of models',
    edits: [
      [
        '(each) => matchesModel(each, model));\n    if (guarded !== undefined)',
        '(each) => matchesModel(each, model));\n    if (false)',
      ],
    ],
    files: [GUARDS],
    named: 'an alias of a protected model',
  },
  {
    guard: 'the policy lets only aliases of allowed models move',
    edits: [
      ['[...moved, ...newlyServed(write), ...newlyRouted(write)]', '[...newlyServed(write), ...newlyRouted(write)]'],
    ],
    files: [GUARDS],
    named: 'an alias of a model that is not allowed',
  },
  {
    guard: 'the policy lets only allowed models be served',
    edits: [['[...moved, ...newlyServed(write), ...newlyRouted(write)]', '[...moved, ...newlyRouted(write)]']],
    files: [GUARDS],
    named: 'a version of a model that is not allowed',
  },
  {
    guard: 'the policy bounds creates',
    edits: [['if (policy.allow_create === false && ', 'if (false && ']],
    files: [GUARDS],
    named: 'a new endpoint',
  },
  {
    guard: 'the policy bounds types',
    edits: [['if (types && !types.includes(type as never))', 'if (false)']],
    files: [GUARDS],
    named: 'a type that is not allowed',
  },
  {
    guard: 'the policy bounds size',
    edits: [['if (tooLarge || !(', 'if (!(']],
    files: [GUARDS],
    named: 'a size above',
  },
  ...(['provisioned_model_units', 'max_provisioned_throughput', 'min_provisioned_throughput'] as const).map(
    (field) => ({
      guard: `the policy bounds ${field}`,
      edits: [[`DEDICATED.find((field) => `, `DEDICATED.find((field) => field !== '${field}' && `] as [string, string]],
      files: ['test/write/policy-bounds.test.ts'],
      named: 'reserved capacity',
    }),
  ),
  {
    guard: 'the policy sees a model in whatever form a request names it',
    edits: [
      [
        "if (typeof model !== 'string') refuse(policy, 'allow_models',",
        "if (typeof model !== 'string') continue;\n    if (false) refuse(policy, 'allow_models',",
      ],
    ],
    files: ['test/write/policy-bounds.test.ts'],
    named: 'unknown form',
  },
  {
    guard: 'a text of an entity is not a list',
    edits: [["if (entity[each] !== undefined && typeof entity[each] !== 'string')", 'if (false)']],
    files: ['test/plan/entity-rules.test.ts'],
    named: 'is a problem',
  },
  {
    guard: 'the ends of a pattern do not overlap',
    edits: [['return name.length - last.length >= at && name', 'return name']],
    files: ['test/write/policy-bounds.test.ts'],
    named: 'do not overlap',
  },
  {
    guard: 'a policy file with a rule given twice is refused',
    edits: [
      ['  const twice = duplicateKey(json);\n', '  const twice = undefined as ReturnType<typeof duplicateKey>;\n'],
    ],
    files: [GUARDS],
    named: 'a policy file',
  },
  {
    guard: 'the policy bounds hosts',
    edits: [['if (policy.hosts.some((each) => origin(each) === origin(host))) return;', 'return;']],
    files: [GUARDS],
    named: 'another workspace',
  },
  {
    guard: 'a policy file with an unknown rule is refused',
    edits: [['const Policy = z.strictObject({', 'const Policy = z.object({']],
    files: [GUARDS],
    named: 'a policy file',
  },
  {
    guard: 'an update in progress refuses a config that would undo it',
    edits: [['    write.refusal ??\n', '']],
    files: ['test/write/refusal-of.test.ts'],
    named: 'the write gets the refusal',
  },
  {
    guard: 'a preview shows the refusal that the write would get',
    edits: [['...(refusal ? { would_be_refused', '...(false ? { would_be_refused']],
    files: ['test/write/refusal-of.test.ts'],
    named: 'a preview shows it',
  },
  {
    guard: 'an unknown option stops the start',
    edits: [['if (!option || token.rawName !== `--${token.name}`) {', 'if (!option) continue;\n      if (false) {']],
    files: ['test/config.test.ts'],
    named: 'is refused',
  },
  {
    guard: 'a mistyped word of a switch neither allows writes nor reaches a real workspace',
    edits: [["  if (word !== 'true' && word !== 'false') throw", "  if (word === 'never') throw"]],
    files: ['test/config.test.ts'],
    named: 'is refused',
  },
  {
    guard: 'a skipped setting of a package leaves a real workspace read-only',
    edits: [['filledIn(token.value)) ?? true)', "token.value || 'false') ?? true)"]],
    files: ['test/package/manifests.test.ts', 'test/config.test.ts'],
    named: 'read-only',
  },
  {
    guard: 'an installed package is read-only until a person says otherwise',
    edits: [["      type: 'boolean',\n      default: true,", "      type: 'boolean',\n      default: false,"]],
    files: ['test/package/manifests.test.ts'],
    named: 'leaves a real workspace read-only',
  },
  {
    guard: 'the plugin of Cursor, which has no settings, is read-only',
    edits: [["/${product.entry}`, '--read-only'],", '/${product.entry}`],']],
    files: ['test/package/manifests.test.ts'],
    named: 'in Cursor',
  },
];

const agreeing: Mutant[] = [
  {
    guard: 'after a dialog, an answer has the facts of the plan that was carried out',
    edits: [["ready !== 'unchanged' && ready.answer === undefined ? ready.write : write;", 'write;']],
    files: ['test/tools/who-may.test.ts'],
    named: 'the plan that was carried out',
  },
  {
    guard: 'an update that adds the first variables of an entity is not taken for this one',
    edits: [['  if (more) return false;\n', '']],
    files: ['test/write/pending-update.test.ts'],
    named: 'make an update another one',
  },
  {
    guard: 'a destructive change waits for consent',
    edits: [['if (isConsequential(write)) {\n    const answer', 'if (false) {\n    const answer']],
    files: [GUARDS, 'test/tools/delete-endpoint.test.ts'],
    named: 'consent|the first call shows|agree',
  },
  {
    guard: 'dropping guardrails needs consent',
    edits: [['...(weakens ? [', '...(false ? [']],
    files: [GUARDS],
    named: 'guardrails are not dropped',
  },
  {
    guard: 'stopping usage tracking needs consent',
    edits: [["...(stops('usage_tracking_config') ? [", '...(false ? [']],
    files: ['test/tools/update-ai-gateway.test.ts'],
    named: 'a person is asked',
  },
  {
    guard: 'stopping the inference table needs consent',
    edits: [["...(stops('inference_table_config') ? [", '...(false ? [']],
    files: ['test/tools/update-ai-gateway.test.ts'],
    named: 'a person is asked',
  },
  {
    guard: 'null in an optional argument is not given, so it removes nothing',
    edits: [["return value === '' || (value === null &&", 'return false && (value === null &&']],
    files: ['test/calls/read-arguments.test.ts'],
    named: 'mean that it is not given',
  },
  {
    guard: 'the example in a refusal of arguments changes nothing, even if it is called',
    edits: [["'dry_run' in input.shape ? { dry_run: true } : {}", '{}']],
    files: ['test/calls/argument-report.test.ts'],
    named: 'in a dry run that changes nothing',
  },
  {
    guard: 'the example in a refusal of arguments repeats no secret',
    edits: [['text.length <= 300 && redact(text) === text &&', 'text.length <= 300 &&']],
    files: ['test/calls/argument-report.test.ts'],
    named: 'repeats no secret',
  },
  {
    guard: 'the URL of another workspace never looks like a path of this one',
    edits: [
      ['  if (URI.test(url) || PATH.test(url)) return', '  if (!/^(?:[a-z\\d-]+[.])+[a-z]+[/]/.test(url)) return'],
    ],
    files: ['test/calls/name-in-url.test.ts'],
    named: 'every form of a host',
  },
  {
    guard: 'a part that is removed whole is removed whole, in any order',
    edits: [['    if (inner === null) return value;\n', '']],
    files: ['test/plan/removals.test.ts'],
    named: 'is removed whole',
  },
  {
    guard: 'a URL of another workspace changes nothing in this one',
    edits: [["if (tool.effect === 'read') return {", 'if (true) return {']],
    files: ['test/calls/named-target.test.ts'],
    named: 'of another workspace is refused',
  },
  {
    guard: 'a model that several endpoints serve names none of them',
    edits: [['others.length === 0 && model.startsWith(', 'model.startsWith(']],
    files: ['test/calls/named-target.test.ts'],
    named: 'several endpoints',
  },
  {
    guard: 'another valid topic lets more through, which needs consent',
    edits: [["if (field.endsWith('valid_topics'))", 'if (false)']],
    files: ['test/plan/gateway.test.ts'],
    named: 'topics are those allowed',
  },
  {
    guard: 'an endpoint is ours by its id, not by its name',
    edits: [
      ['if (entry.endpoint_id !== undefined) return entry.endpoint_id === found.id;', 'return true;'],
      ['if (creates?.some(({ id }) => id === entry.id)) return;', 'if (creates) return;'],
    ],
    files: ['test/write/consent.test.ts'],
    named: 'someone else created again',
  },
  {
    guard: 'a create without an id counts until a later deletion, and for its own time',
    edits: [['return since.includes(entry) && from <= at && at <= to;', 'return true;']],
    files: ['test/write/consent.test.ts'],
    named: 'never seen to end',
  },
  {
    guard: 'removing the last manager needs consent',
    edits: [["return parts.length === 0 ? undefined : parts.join(' ');", 'return undefined;']],
    files: [GUARDS],
    named: 'the last manager',
  },
  {
    guard: 'a lower level needs consent',
    edits: [['return to && rank(to) < rank(grant)', 'return to && false']],
    files: ['test/tools/permissions.test.ts'],
    named: 'takes rights away',
  },
  {
    guard: 'removing the caller’s own CAN_MANAGE needs consent',
    edits: [['const own = await ownManage(http, direct, after);', 'const own = undefined;']],
    files: ['test/tools/permissions.test.ts'],
    named: 'could not take it back|caller’s own',
  },
  {
    guard: 'an entity whose traffic was taken first is not removed without consent',
    edits: [['if (before !== undefined) return [', 'if (false) return [']],
    files: ['test/tools/lost-traffic.test.ts'],
    named: 'the second of two calls',
  },
  {
    guard: 'an entity that gets requests by its name is not removed without consent',
    edits: [['return asked.includes(name) ? [', 'return false ? [']],
    files: ['test/tools/lost-traffic.test.ts'],
    named: 'also without a journal',
  },
  {
    guard: 'a recorded split counts for its own workspace and endpoint',
    edits: [['    entry.host === host &&\n    entry.subject.kind', '    entry.subject.kind']],
    files: ['test/tools/lost-traffic.test.ts'],
    named: 'not a change',
  },
  {
    guard: 'no one is asked about a change that the caller may not make',
    edits: [['(isConsequential(write) ? withoutManage(write) : undefined)', 'undefined']],
    files: ['test/tools/delete-endpoint.test.ts'],
    named: 'may not manage it',
  },
  {
    guard: 'no one is asked to delete a foundation model',
    edits: [["    refuseFoundation(found, 'it cannot be deleted');\n", '']],
    files: ['test/tools/delete-endpoint.test.ts'],
    named: 'foundation model',
  },
  {
    guard: 'the name alone is not consent',
    edits: [
      [
        'if (confirm !== undefined && given !== undefined) {\n    if (context.shown.matches(write, context)) return',
        'if (confirm !== undefined) {\n    if (true) return',
      ],
      ['  if (given !== undefined || context.ask) return;\n', '  return;\n'],
    ],
    files: ['test/tools/delete-endpoint.test.ts'],
    named: 'the name alone is not consent',
  },
  {
    guard: 'only the exact name confirms',
    edits: [['if (confirm !== name) throw', 'if (false) throw']],
    files: ['test/tools/delete-endpoint.test.ts', 'test/write/consent.test.ts'],
    named: 'is not the name|is not consent',
  },
  {
    guard: 'the state is read again between consent and act',
    edits: [['if (now !== undefined && covers(agreed, now)) return now;', 'return agreed;']],
    files: [GUARDS, 'test/tools/delete-endpoint.test.ts', 'test/write/dialog.test.ts'],
    named: 'while the person thought',
  },
  {
    guard: 'a consent covers the state of the endpoint',
    edits: [['return seenFingerprint(agreed) === seenFingerprint(now) && isWithin(', 'return isWithin(']],
    files: [GUARDS, 'test/tools/delete-endpoint.test.ts'],
    named: 'while the person thought',
  },
  {
    guard: 'a consent covers grants and aliases as they were shown',
    edits: [['requests: requestsOf(write), alsoRead }),', 'requests: requestsOf(write) }),']],
    files: ['test/write/dialog.test.ts', 'test/write/consent.test.ts'],
    named: 'grants',
  },
  {
    guard: 'a consent to a loss of an unused endpoint does not cover one that is in use',
    edits: [['&& (shown.used || !now.used)', '']],
    files: ['test/write/dialog.test.ts', 'test/write/concurrent-writes.test.ts'],
    named: 'is used',
  },
  {
    guard: 'a consent covers no further loss',
    edits: [['now.change === shown.change && sameReason &&', 'now.change === shown.change &&']],
    files: ['test/write/shown-changes.test.ts'],
    named: 'another loss',
  },
  {
    guard: 'a dialog that is closed is not consent',
    edits: [["cancel: 'dismissed'", "cancel: 'accepted'"]],
    files: [GUARDS],
    named: 'closed is not consent',
  },
  {
    guard: 'a dialog that no one can have seen is not reported as a refusal',
    edits: [['const unseen = (openFor ?? context.now() - asked) < SHORTEST_LOOK;', 'const unseen = false;']],
    files: ['test/write/dialog.test.ts'],
    named: 'no one can have seen',
  },
  {
    guard: 'no dialog is shown where the server was started without',
    edits: [['environment.dialogs && server', 'server']],
    files: ['test/write/dialog.test.ts'],
    named: 'shows no dialog',
  },
  {
    guard: 'a dialog that fails is not consent',
    edits: [
      [
        "\n    return { end: answer === undefined ? 'unanswered' :",
        "\n    return { end: answer === undefined ? 'accepted' :",
      ],
    ],
    files: ['test/tools/delete-endpoint.test.ts'],
    named: 'when the dialog fails',
  },
  {
    guard: 'the fingerprint is compared',
    edits: [['  if (same) return;\n  if (confirm', '  if (true) return;\n  if (confirm']],
    files: [GUARDS, 'test/tools/swap-version.test.ts'],
    named: 'if_fingerprint refuses|changed since',
  },
  {
    guard: 'the fingerprint covers the gateway',
    edits: [['gateway: endpoint.ai_gateway && {', 'gateway: undefined && {']],
    files: ['test/tools/get-endpoint.test.ts'],
    named: 'fingerprint',
  },
  {
    guard: 'a dry run sends nothing',
    edits: [['if (args.dry_run !== false) {\n    const answer', 'if (false) {\n    const answer']],
    files: ['test/tools/swap-version.test.ts', 'test/tools/set-rate-limits.test.ts'],
    named: 'dry_run',
  },
];

const answering: Mutant[] = [
  {
    guard: 'a failure inside a 200 is an error',
    edits: [['if (said?.failure) return failed(', 'if (false) return failed(']],
    files: ['test/tools/query-answers.test.ts'],
    named: 'a failure inside a 200',
  },
  {
    guard: 'a block by a policy is no answer of the model',
    edits: [['if (said?.policy) return blocked(', 'if (false) return blocked(']],
    files: ['test/tools/query-answers.test.ts'],
    named: 'a policy that blocks',
  },
  {
    guard: 'an answer that cannot be read is an error',
    edits: [['if (unread) return unreadable(unread, origin);', '']],
    files: ['test/tools/query-answers.test.ts'],
    named: 'cannot be read',
  },
  {
    guard: 'a number that a client may have rounded is refused',
    edits: [['  refuseRounded(body, byName);\n', '']],
    files: ['test/tools/query-rows.test.ts'],
    named: 'may have rounded',
  },
  {
    guard: 'an id keeps its digits in the request',
    edits: [
      [
        "return (hasExact(value) ? stringify(value) : JSON.stringify(value)) ?? 'null';",
        "return JSON.stringify(value) ?? 'null';",
      ],
    ],
    files: ['test/tools/query-rows.test.ts'],
    named: 'keeps its digits',
  },
  {
    guard: 'a tool that sends no rows refuses numbers that would lose digits',
    edits: [['if (!keepsDigits) refuseExactNumbers(args);', '']],
    files: ['test/calls/read-arguments.test.ts'],
    named: 'lose digits',
  },
];

const hiding: Mutant[] = [
  {
    guard: 'every result is redacted before it leaves',
    edits: [['sanitize(fewerValues(value)) as ToolResult', 'fewerValues(value) as ToolResult']],
    files: [GUARDS],
    named: 'leaves clean',
  },
  {
    guard: 'credentials are redacted',
    edits: [["(typeof kept === 'string' ? kept : '') + REDACTED", '_match']],
    files: ['test/text/redact.test.ts'],
    named: 'hides',
  },
  {
    guard: 'values after the name of a secret are redacted in texts',
    edits: [['if (!found || !isSecret(found)) continue;', 'if (!found?.name) continue; else break;']],
    files: ['test/text/redact.test.ts'],
    named: 'hides',
  },
  {
    guard: 'fields with the name of a secret are redacted in results and in the journal',
    edits: [['return isSecretField(path, shown) ? REDACTED : redact(shown);', 'return redact(shown);']],
    files: ['test/text/redact.test.ts'],
    named: 'redacts by the name',
  },
  {
    guard: 'a token narrowed to an endpoint goes to a secure URL only',
    edits: [['  if (!isSecure(target)) return undefined;\n', '']],
    files: ['test/rest/query.test.ts'],
    named: 'no token is asked for',
  },
  {
    guard: 'hidden characters and escapes are stripped',
    edits: [
      [
        "return text.replace(/\\r\\n/g, '\\n').replace(ANSI, '').replace(INVISIBLE, '').replace(HALF_PAIR, '\\ufffd');",
        'return text;',
      ],
    ],
    files: ['test/text/redact.test.ts', 'test/tools/get-logs.test.ts'],
    named: 'strip|escapes|remove|lines are data',
  },
  {
    guard: 'a failure that a server has overcome is not singled out',
    edits: [
      ["if ((serves || probed) && !failedRequest && !(part.level === 'error' && between.has(at))) idle.add(at);", ''],
    ],
    files: ['test/digest/key-lines.test.ts'],
    named: 'a log without a failure has no key lines',
  },
  {
    guard: 'an error that a serving model reports is singled out',
    edits: [[" && !(part.level === 'error' && between.has(at))", '']],
    files: ['test/digest/key-lines.test.ts'],
    named: 'is singled out when it is reported as an error',
  },
  {
    guard: 'the log of a failed update is read with its config version',
    edits: [["const version = config === 'active' ? undefined : configVersion;", 'const version = undefined;']],
    files: ['test/tools/get-logs.test.ts'],
    named: 'failed update|first deployment',
  },
  {
    guard: 'a private key in a log is hidden to its last line',
    edits: [['return lines.map((line, index) => (inside.has(index) ? ', 'return lines.map((line, index) => (false ? ']],
    files: ['test/digest/log-lines.test.ts'],
    named: 'hide a private key',
  },
  {
    guard: 'partial text is redacted before it is cut',
    edits: [['return redact(whole).trim().slice(-limit);', 'return redact(whole.slice(-limit)).trim();']],
    files: ['test/text/redact.test.ts', 'test/tools/query-endpoint.test.ts'],
    named: 'growing text|half of a secret',
  },
  {
    guard: 'the unfinished word of partial text is held back',
    edits: [["stripControls(ending(text, limit)).replace(/(?<!\\S)\\S+$/, '')", 'stripControls(ending(text, limit))']],
    files: ['test/text/redact.test.ts'],
    named: 'growing text',
  },
  {
    guard: 'a guardrail that reads do not show is not taken as a late read',
    edits: [[".some((path) => path.startsWith('guardrails'))", '.some(() => false)']],
    files: ['test/tools/gateway-kept.test.ts'],
    named: 'shows no guardrail',
  },
  {
    guard: 'long texts are cut',
    edits: [['return more <= 0 ? clean :', 'return true ? clean :']],
    files: ['test/text/redact.test.ts'],
    named: 'clip cuts',
  },
  {
    guard: 'raw variables with the name of a secret are redacted',
    edits: [['if (!looksSecret(name, value)) return value;', 'return value;']],
    files: ['test/text/redact.test.ts', 'test/tools/get-endpoint.test.ts'],
    named: 'environment variables|raw secrets',
  },
  {
    guard: 'secrets are accepted as references only',
    edits: [['if (!looksSecret(name, value)) return [];', 'return [];']],
    files: ['test/plan/entity-rules.test.ts', 'test/tools/create-endpoint.test.ts'],
    named: 'secret',
  },
];

const noting: Mutant[] = [
  {
    guard: 'recorded changes and endpoints have one clock',
    edits: [['return { at: service_at ?? at, ended_at: service_ended_at ?? ended_at };', 'return { at, ended_at };']],
    files: ['test/journal/service-time.test.ts'],
    named: 'use one clock',
  },
  {
    guard: 'the journal is written before the request',
    edits: [
      [
        'return { write: agreed, entry: journal &&',
        'await runSteps(write.steps, context.http, context.signal);\n  return { write: agreed, entry: journal &&',
      ],
    ],
    files: [GUARDS],
    named: 'recorded before it is sent',
  },
  {
    guard: 'a journal that cannot be written refuses the write',
    edits: [
      [
        "throw new Refusal(\n      'journal_unavailable',",
        "return 'none';\n    throw new Refusal(\n      'journal_unavailable',",
      ],
    ],
    files: [GUARDS],
    named: 'cannot be written refuses',
  },
  {
    guard: 'a journal that fails at the end does not spoil the answer',
    edits: [['    () => false,\n', '']],
    files: [GUARDS],
    named: 'fails at the end',
  },
  {
    guard: 'the journal holds no secret',
    edits: [['toLine(sanitize(record) as', 'toLine(record as']],
    files: [GUARDS],
    named: 'holds no secret',
  },
  {
    guard: 'the journal is for its owner only',
    edits: [
      ['flagsOf(use), 0o600)', 'flagsOf(use), 0o644)'],
      ['if ((found.mode & 0o077) !== 0) await file.chmod(0o600);', ''],
    ],
    files: [GUARDS],
    named: 'owner',
  },
  {
    guard: 'an error of a proxy does not show its login',
    edits: [['const name = `${url.hostname}:${', 'const name = `${url.href}:${']],
    files: ['test/connection/tunnel.test.ts'],
    named: 'is named in the error',
  },
  {
    guard: 'a request that got no connection counts as unsent',
    edits: [
      [
        "return new TransportError('refused', { ...request, sent: false }, message, error);\n  }\n  if (code === 'UND_ERR_HEADERS",
        "return new TransportError('refused', request, message, error);\n  }\n  if (code === 'UND_ERR_HEADERS",
      ],
    ],
    files: ['test/connection/tunnel.test.ts'],
    named: 'before a request could pass',
  },
  {
    guard: 'a call that is cancelled ends while it connects',
    edits: [['response = await unlessAborted(sending, signal);', 'response = await sending;']],
    files: ['test/connection/tunnel.test.ts'],
    named: 'a caller cancels',
  },
  {
    guard: 'an undo with a value of unusual form is not shown',
    edits: [['!hidden && !unusual ? { undo }', '!hidden ? { undo }']],
    files: ['test/text/untrusted-names.test.ts'],
    named: 'a setting that is more than a setting',
  },
  {
    guard: 'an answer about another endpoint is not used',
    edits: [['if (found.name.toLowerCase() === name.toLowerCase()) return found;', 'return found;']],
    files: ['test/text/untrusted-names.test.ts'],
    named: 'the answer about an endpoint with another name',
  },
  {
    guard: 'arguments that are nested too deep are refused',
    edits: [['if (!isTooDeep(value)) return;', 'return;']],
    files: ['test/depth.test.ts'],
    named: 'arguments',
  },
  {
    guard: 'an answer that is nested too deep is not read',
    edits: [['if (!isTooDeep(value)) return value;', 'return value;']],
    files: ['test/depth.test.ts'],
    named: 'to a write counts as unread',
  },
  {
    guard: 'the limit of a journal line counts bytes',
    edits: [['Buffer.byteLength(line) <= MAX_LINE', 'line.length <= MAX_LINE']],
    files: ['test/journal/lines.test.ts'],
    named: 'few characters and many bytes',
  },
  {
    guard: 'a journal that is a named pipe is not opened for reading or writing',
    edits: [
      ['if (found && !found.isFile()) throw new NotRegularError(found);', ''],
      ['if (found.isFile()) return { file, found };', 'return { file, found };'],
    ],
    files: ['test/journal/regular-file.test.ts'],
    named: 'neither read nor written',
  },
  {
    guard: 'a journal is opened without blocking',
    edits: [['return O_NONBLOCK | (', 'return (']],
    files: ['test/journal/regular-file.test.ts'],
    named: 'between two checks',
  },
  {
    guard: 'a write with an unknown effect is recorded as unknown',
    edits: [['known: !effectUnknown(error)', 'known: true']],
    files: [GUARDS],
    named: 'effect is unknown',
  },
  {
    guard: 'the undo is recorded before the write',
    edits: [['...(undo.length === 0 ? {} : { undo: sanitize(undo) as ToolCall[] }),', '']],
    files: ['test/journal/resume.test.ts'],
    named: 'an interrupted write can be undone',
  },
  {
    guard: 'the settings before a write are recorded in full, with the grants',
    edits: [['...whole, ...(grants ? { grants } : {}) };', 'config: whole.config };']],
    files: ['test/tools/undo-change.test.ts'],
    named: 'recorded with all',
  },
  {
    guard: 'a call that finds everything done closes the interrupted write',
    edits: [['if (journal && !readOnly && !write.foreign && ended) {', 'if (false) {']],
    files: ['test/journal/resume.test.ts'],
    named: 'closes the interrupted write',
  },
  {
    guard: 'consent is valid only for the change that was shown',
    edits: [['if (context.shown.matches(write, context)) return', 'if (true) return']],
    files: ['test/write/concurrent-writes.test.ts'],
    named: 'consent',
  },
  {
    guard: 'writes of one endpoint take turns',
    edits: [['        if (mine) return;', '        return;']],
    files: ['test/write/concurrent-writes.test.ts'],
    named: 'take turns',
  },
  {
    guard: 'a part of a value that is a mask is not written either',
    edits: [['  return stars(redact(whole)) < stars(whole);', '  return false;']],
    files: ['test/write/concurrent-writes.test.ts'],
    named: 'nor is a mask as',
  },
  {
    guard: 'a mask is never written',
    edits: [['    refuseRedacted(args);\n', '']],
    files: ['test/write/concurrent-writes.test.ts'],
    named: 'mask',
  },
  {
    guard: 'a later step of an undo reads again',
    edits: [['if (at > 0 && step.check) {', 'if (false) {']],
    files: ['test/write/concurrent-writes.test.ts'],
    named: 'reads again before each',
  },
  {
    guard: 'an undo of several steps is one write',
    edits: [
      ['steps: writes.flatMap(({ changes, steps }) =>', 'steps: writes.slice(0, 1).flatMap(({ changes, steps }) =>'],
    ],
    files: ['test/tools/undo-change.test.ts'],
    named: 'half-way',
  },
  {
    guard: 'an undo that would lose a later change is refused',
    edits: [['if (lost.length === 0) return;', 'return;']],
    files: [GUARDS],
    named: 'a later change would be lost',
  },
];

const building: Mutant[] = [
  {
    guard: 'in the sandbox, a refused request uses up no limit',
    edits: [['if (retried !== true && (refused === true || status === 429)) return;', '']],
    files: ['test/sandbox/query/limits.test.ts'],
    named: 'refused calls',
  },
  {
    guard: 'in the sandbox, requests of the past keep the routing and limits of their time',
    edits: [['recordPeriods(ctx.workspace, ctx.clock.now());', '']],
    files: ['test/sandbox/traffic/control-routes.test.ts'],
    named: 'keeps the old limit in the minutes before',
  },
  {
    guard: 'the sandbox imports nothing of the client side',
    edits: [['export function countTokens(', "import '../../text/redact.ts';\nexport function countTokens(\n"]],
    files: ['test/floors.test.ts'],
    named: 'imports what its floor allows',
  },
  {
    guard: 'tools import neither authentication nor the SDK',
    edits: [
      ["from '../src/digest/log-lines.ts';", "from '../src/digest/log-lines.ts';\nimport '../src/auth/index.ts';"],
    ],
    files: ['test/floors.test.ts'],
    named: 'imports what its floor allows',
  },
  {
    guard: 'only the transport writes to stdout',
    edits: [
      [
        'export function serving(endpoint: Endpoint): string {',
        "export function serving(endpoint: Endpoint): string {\n  console.log('serving');",
      ],
    ],
    files: ['test/floors.test.ts'],
    named: 'stdout belongs',
  },
];

const generating: Mutant[] = [
  {
    guard: 'generated JavaScript renews a token that was refused early',
    edits: [['!renewed && (await tokenRefused(reply))', '!renewed && false']],
    files: ['test/codegen/login.test.ts'],
    named: 'renews a token that is refused early, once',
  },
  {
    guard: 'code for a route-optimized endpoint takes only a login whose token can be exchanged',
    edits: [['if (direct && !exchanges(login)) throw', 'if (direct === null) throw']],
    files: ['test/codegen/login.test.ts'],
    named: 'takes no token of Azure or Google',
  },
  {
    guard: 'no file of an existing app is replaced',
    edits: [['files: existing ? [calls(subject)] : wholeFiles(subject)', 'files: wholeFiles(subject)']],
    files: ['test/codegen/app.test.ts'],
    named: 'for a folder that the caller has',
  },
  {
    guard: 'a bundle of an endpoint that exists says how to bind it',
    edits: [['...(before ? bound(key, before.name) : []),', '...(before === null ? bound(key, key) : []),']],
    files: ['test/write/export.test.ts'],
    named: 'an endpoint that exists is bound first',
  },
  {
    guard: 'an answer about a wide schema shrinks until it fits',
    edits: [['if (JSON.stringify(answer).length <= MAX_ANSWER) return answer;', 'return answer;']],
    files: ['test/tools/get-schema.test.ts'],
    named: 'everything is long shrinks until it fits',
  },
];

const measuring: Mutant[] = [
  {
    guard: 'a comparison measures the newer entity against the older one',
    edits: [
      ['newerOf(one, other)?.newer === one', 'newerOf(one, other)?.newer === other'],
      ['known?.newer === other ? [other, one] : [one, other]', '[one, other]'],
    ],
    files: ['test/tools/get-metrics.test.ts'],
    named: 'in any order of routes',
  },
  {
    guard: 'requests without latency are not taken for no requests',
    edits: [['if (requests === 0) return `latency', 'if (true) return `latency']],
    files: ['test/tools/get-metrics.test.ts'],
    named: 'of an only entity',
  },
  {
    guard: 'readings that overlap count once',
    edits: [['if (newer !== undefined && reading.at > newer.at - MINUTE_MS + TOLERANCE_MS) continue;', '']],
    files: ['test/digest/readings.test.ts'],
    named: 'overlapping minute count once',
  },
  {
    guard: 'an endpoint without a count of requests is not called idle',
    edits: [
      ["notJudged.push({ endpoint, why: 'its metrics have no count of requests' });", 'requests.set(endpoint, 0);'],
    ],
    files: ['test/tools/list-endpoints.test.ts'],
    named: 'say how many were judged',
  },
  {
    guard: 'a series that the service repeats counts each minute once',
    edits: [['if (next !== undefined && at > next - MINUTE_MS + TOLERANCE_MS) return false;', '']],
    files: ['test/digest/readings.test.ts'],
    named: 'by its own timestamp',
  },
  {
    guard: 'percentiles of several minutes are never averaged',
    edits: [
      [
        'p95_ms: quantile(latency, 0.95),',
        'p95_ms: ((each) => each.length === 0 ? undefined : ({ value: each.reduce((a, b) => a + b, 0) / each.length, atLeast: false }))([...new Set(samples.map(({ reading }) => reading))].flatMap((at) => quantile(histogram(samples.filter((one) => one.reading === at), LATENCY), 0.95)?.value ?? [])),',
      ],
    ],
    files: ['test/digest/readings.test.ts'],
    named: 'never a mean of percentiles',
  },
  {
    guard: 'readings of an earlier endpoint of the same name do not count',
    edits: [['&& (at === to || at > since)', '']],
    files: ['test/tools/metrics-history.test.ts', 'test/digest/readings.test.ts'],
    named: 'earlier endpoint|before the endpoint was created',
  },
  {
    guard: 'a call that watches ends when its time is up',
    edits: [['|| watchedMs >= watchMs || tooLong', '|| watchedMs >= 3_600_000 || tooLong']],
    files: ['test/tools/metrics-history.test.ts'],
    named: 'ends in time for clients',
  },
  {
    guard: 'an endpoint with old metrics is not called idle',
    edits: [['else if (reading.found.stale)', 'else if (!reading)']],
    files: ['test/tools/list-endpoints.test.ts'],
    named: 'metrics of an earlier hour',
  },
  {
    guard: 'the stored readings of an endpoint are bounded',
    edits: [['const MAX_FILE = 2 * 1024 * 1024;', 'const MAX_FILE = 2 ** 40;']],
    files: ['test/history/history.test.ts'],
    named: 'a bounded part of each endpoint',
  },
  {
    guard: 'the number of files with stored readings is bounded',
    edits: [['index < MAX_FILES && ', '']],
    files: ['test/history/history.test.ts'],
    named: 'a bounded number of files',
  },
  {
    guard: 'a file of another program in the place of stored readings stays as it is',
    edits: [['  if (!ours) throw new UnusableFile(', '  if (size < 0) throw new UnusableFile(']],
    files: ['test/history/history.test.ts'],
    named: 'stays as it is',
  },
  {
    guard: 'of several dates in a retirement notice none is chosen',
    edits: [['date === undefined || others.length > 0 ? {}', 'date === undefined ? {}']],
    files: ['test/plan/retirement.test.ts'],
    named: 'never guessed',
  },
];

const examining: Mutant[] = [
  {
    guard: 'the report repeats no secret that the configuration of this machine contains',
    edits: [['for (const secret of known) clean = clean.replaceAll(secret, REDACTED);', '']],
    files: ['test/doctor/secrets.test.ts'],
    named: 'workspace repeats|cut|every form',
  },
  {
    guard: 'the report spares the folder of the shell and other paths in variables that only look secret',
    edits: [['!isHarmless(name, unquoted(value), place)', 'true']],
    files: ['test/doctor/secrets.test.ts'],
    named: 'spares a value|folder of the shell',
  },
  {
    guard: 'the report repeats no password of a proxy',
    edits: [
      [
        'return [...(isSecret ? [value, unquoted(value)] : []), ...loginIn(value).filter((part) => !isWord(part, place))];',
        'return isSecret ? [value] : [];',
      ],
    ],
    files: ['test/doctor/secrets.test.ts'],
    named: 'every form',
  },
  {
    guard: 'a long sentence of the report is cut after its secrets are removed',
    edits: [['says: short(scrub(says))', 'says: scrub(short(says))']],
    files: ['test/doctor/secrets.test.ts'],
    named: 'where a long message is cut',
  },
  {
    guard: 'a check that needs a failed one is not checked',
    edits: [["...(findings.get(check) ?? needs(root ?? 'configuration')),", "...(findings.get(check) ?? ok('fine')),"]],
    files: ['test/doctor/broken.test.ts'],
    named: 'names the cause and the remedy',
  },
  {
    guard: 'a token that the workspace refuses is one failure, not one of every right',
    edits: [["|| member === 'refused') return;", ') return;']],
    files: ['test/doctor/broken.test.ts'],
    named: 'names the cause and the remedy',
  },
  {
    guard: 'a failed check ends the doctor with an exit code',
    edits: [['return report.ok ? 0 : 1;', 'return 0;']],
    files: ['test/doctor/broken.test.ts'],
    named: 'names the cause and the remedy',
  },
  {
    guard: 'a login page fails the host and not the identity',
    edits: [['if (isOtherHost(error)) {', 'if (error === undefined) {']],
    files: ['test/doctor/broken.test.ts'],
    named: 'names the cause and the remedy',
  },
  {
    guard: 'the doctor starts no program that a file of the project names',
    edits: [['isPath(command) && !place.isProject', 'isPath(command)']],
    files: ['test/doctor/healthy.test.ts'],
    named: 'starts no program that the files of a project name',
  },
  {
    guard: 'the name of an entry becomes part of a command only if it is no more than a name',
    edits: [['/^\\w[\\w.-]{0,63}$/.test(name)', 'name.length > 0']],
    files: ['test/doctor/healthy.test.ts'],
    named: 'starts no program that the files of a project name',
  },
  {
    guard: 'the remedy of an entry repeats its options, and those that it cannot repeat are named',
    edits: [
      ['? repeated(options, client) : undefined', '? [] : undefined'],
      ["kept.length > 0 ? `, and keep its options ${kept.join(', ')}` : ''", "''"],
    ],
    files: ['test/doctor/entries.test.ts'],
    named: 'remedy keeps',
  },
  {
    guard: 'an entry is not ok when the server would end at its start',
    edits: [['if (problem !== undefined && isServer) {', "if (isServer && problem === '') {"]],
    files: ['test/doctor/entries.test.ts'],
    named: 'would end at its start',
  },
  {
    guard: 'the doctor sees the files of a project for clients that are not on the machine',
    edits: [
      [
        '({ client, findings: await findingsOf(client, environment) })',
        '({ client, findings: client.sign(machine) ? await findingsOf(client, environment) : [] })',
      ],
    ],
    files: ['test/doctor/entries.test.ts'],
    named: 'of the project in this folder',
  },
  {
    guard: 'a journal in a file system of the kernel is no full disk',
    edits: [['refuseKernel(folder, await typeOf(folder));', '']],
    files: ['test/doctor/checks.test.ts'],
    named: 'place of the kernel',
  },
  {
    guard: 'many entries make a short line',
    edits: [['<= MAX_JOINED || index === 0', '> 0']],
    files: ['test/doctor/entries.test.ts'],
    named: 'many bad entries',
  },
  {
    guard: 'the simulated clock of a sandbox is no failure',
    edits: [["if (origin.protocol === 'http:') return ok('the host is on this machine');", '']],
    files: ['test/doctor/checks.test.ts'],
    named: 'simulated clock',
  },
  {
    guard: 'the report has fifteen lines at most',
    edits: [['if (lines.length <= MAX_LINES) return', 'if (lines.length > 0) return']],
    files: ['test/doctor/report.test.ts'],
    named: 'fifteen lines',
  },
];

const installing: Mutant[] = [
  {
    guard: 'install does not write a file that changed while it asked',
    edits: [['    await checkUnchanged(file);\n    await rename(', '    await rename(']],
    files: ['test/install/install.test.ts'],
    named: 'while it is asked for is not written',
  },
  {
    guard: 'install writes nothing that a parser does not read as meant',
    edits: [['if (isDeepStrictEqual(plain(value), plain(expected))) return text;', 'if (value !== null) return text;']],
    files: ['test/install/entries.test.ts'],
    named: 'TOML in one line',
  },
  {
    guard: 'install asks, and only a yes is one',
    edits: [['if (!/^y(?:es)?$/i.test(answer.trim())) throw', 'if (answer === undefined) throw']],
    files: ['test/install/install.test.ts'],
    named: 'writes nothing',
  },
  {
    guard: 'install writes nothing without a terminal or --yes',
    edits: [
      [
        'if (!options.yes) await agreed(environment);',
        'if (!options.yes && environment.input.isTTY) await agreed(environment);',
      ],
    ],
    files: ['test/install/install.test.ts'],
    named: 'without a terminal',
  },
  {
    guard: 'the difference hides fields that a person added to the entry of this server',
    edits: [["return typeof value === 'boolean';", "return typeof value === 'boolean' || field !== '';"]],
    files: ['test/install/difference.test.ts'],
    named: 'a field of this entry',
  },
  {
    guard: 'install leaves a read-only file alone, for an administrator too',
    edits: [['  if ((mode & WRITE_BITS) === 0) return false;\n', '']],
    files: ['test/install/install.test.ts'],
    named: 'read-only',
  },
  {
    guard: 'a key that is given twice stops install',
    edits: [
      [
        '    if (first !== undefined) {\n      const { line } = placeOf',
        '    if (first === null) {\n      const { line } = placeOf',
      ],
    ],
    files: ['test/install/entries.test.ts'],
    named: 'a key twice',
  },
  {
    guard: 'no entry names the cache of npx',
    edits: [
      [
        'if (spec !== undefined && !isFromRegistry(spec, packageName))',
        'if (spec === packageName && !isFromRegistry(spec, packageName))',
      ],
    ],
    files: ['test/install/program.test.ts'],
    named: 'npx with a file',
  },
  {
    guard: 'uninstall removes no entry of another server',
    edits: [
      [
        '  if (entries.has(name))\n    throw new Stop(',
        '  if (entries.has(name) && own.script === "")\n    throw new Stop(',
      ],
    ],
    files: ['test/install/install.test.ts'],
    named: 'another entry',
  },
  {
    guard: 'install replaces no entry of another server',
    edits: [
      [
        'isReplaceable(name, entry, ownOf(environment))) return;',
        'isReplaceable(name, {}, ownOf(environment))) return;',
      ],
    ],
    files: ['test/install/install.test.ts'],
    named: 'stays when install would replace',
  },
];

const USAGE = 'test/tools/get-usage.test.ts';

const reporting: Mutant[] = [
  {
    guard: 'a read-only server starts no SQL warehouse',
    edits: [['if (starts && (context.readOnly || !start)) throw', 'if (starts && !start) throw']],
    files: [USAGE],
    named: 'never started by a read-only server',
  },
  {
    guard: 'a stopped SQL warehouse starts only if the call says so',
    edits: [['if (starts && (context.readOnly || !start)) throw', 'if (starts && context.readOnly) throw']],
    files: [USAGE],
    named: 'and nothing starts',
  },
  {
    guard: 'bodies of requests are not read without --payloads',
    edits: [['    if (!context.payloads) throw needsPayloads();\n', '']],
    files: [USAGE],
    named: 'not read without --payloads',
  },
  {
    guard: 'a statement has a row limit',
    edits: [['    row_limit: statement.rowLimit,\n', '']],
    files: ['test/rest/sql.test.ts'],
    named: 'is sent as it is',
  },
  {
    guard: 'a result has no more rows than its limit, whatever the service sends',
    edits: [['if (rows.length >= rowLimit || bytes', 'if (bytes']],
    files: ['test/rest/sql.test.ts'],
    named: 'up to its row limit',
  },
  {
    guard: 'a cancelled call cancels its statement',
    edits: [['    await cancel(outside, path);\n', '']],
    files: ['test/rest/sql.test.ts', USAGE],
    named: 'cancel',
  },
  {
    guard: 'a connection that reads may send a statement and no other change',
    edits: [
      ['const STATEMENT = /^\\/api\\/2\\.0\\/sql\\/statements(?:\\/[\\w-]+\\/cancel)?$/;', 'const STATEMENT = /./;'],
    ],
    files: ['test/rest/sql.test.ts'],
    named: 'send no other change',
  },
  {
    guard: 'an endpoint without rows in the usage table is not called idle',
    edits: [
      [
        'if (at === undefined) unknown.push(label);',
        'if (at === undefined) idle.push({ endpoint: label, cost, last: 0 });',
      ],
    ],
    files: ['test/usage/reports.test.ts'],
    named: 'only where the usage table has rows',
  },
  {
    guard: 'bodies are redacted before they are cut',
    edits: [['  const shown = clipJson(text, SHOWN);', '  const shown = clipJson(text.slice(0, SHOWN), SHOWN);']],
    files: ['test/usage/reports.test.ts'],
    named: 'redacted before they are cut',
  },
];

const querying: Mutant[] = [
  {
    guard: 'the sandbox does not answer a column outside the groups from any row',
    edits: [
      [
        '  if (first === undefined) return;\n  if (!hasGroups) {',
        '  if (hasGroups || !hasGroups) return;\n  if (!hasGroups) {',
      ],
    ],
    files: ['test/sandbox/sql/engine.test.ts'],
    named: 'fails in its form',
  },
  {
    guard: 'the sandbox shows a table only to those who may read it',
    edits: [['  if (lacks === undefined) return;', '  if (lacks !== "") return;']],
    files: ['test/sandbox/sql/tables.test.ts'],
    named: 'rights',
  },
  {
    guard: 'a canceled statement of the sandbox has no result later',
    edits: [["  if (canceled_at !== null) return 'CANCELED';\n", '']],
    files: ['test/sandbox/sql/statements.test.ts'],
    named: 'is canceled, and its result never appears',
  },
];

const rolling: Mutant[] = [
  {
    guard: 'a rollout passes no step before its requests are enough',
    edits: [['  const lacking = requests < needed ?', '  const lacking = requests < 0 ?']],
    files: ['test/rollout/judge.test.ts'],
    named: 'waits for enough requests',
  },
  {
    guard: 'a gate passes only on evidence',
    edits: [['  if (100 * upper < allowed && ', '  if (100 * upper < 1_000 && ']],
    files: ['test/rollout/judge.test.ts'],
    named: 'passes only on evidence',
  },
  {
    guard: 'a gate fails only on evidence',
    edits: [['  if (strongest.evidence >= limit && ', '  if (strongest.evidence >= 0 && ']],
    files: ['test/rollout/judge.test.ts'],
    named: 'size without evidence',
  },
  {
    guard: 'a gate fails only on a difference of its margin',
    edits: [['100 * strongest.difference >= margin)', '100 * strongest.difference >= 0)']],
    files: ['test/rollout/judge.test.ts'],
    named: 'size without evidence',
  },
  {
    guard: 'a version that begins to fail later is not protected by its good beginning',
    edits: [['const FIRST = 0.85;', 'const FIRST = 1;']],
    files: ['test/rollout/judge.test.ts'],
    named: 'begins to fail at a later step',
  },
  {
    guard: 'an outage of both versions is not the fault of the new one',
    edits: [['other.requests > 0 && share(other) < 0.1)', 'other.requests > 0 && share(other) < 2)']],
    files: ['test/rollout/judge.test.ts'],
    named: 'outage of both',
  },
  {
    guard: 'a cap needs no requests of the old version',
    edits: [
      [
        '  const isCapped = max !== undefined && capEvidence(',
        '  const isCapped = max !== undefined && earlier.requests > 0 && capEvidence(',
      ],
    ],
    files: ['test/rollout/judge.test.ts'],
    named: 'decides by its cap alone',
  },
  {
    guard: 'a minute with a count that cannot be one is unreadable',
    edits: [['  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;', '  return !Number.isNaN(value);']],
    files: ['test/rollout/judge.test.ts'],
    named: 'of either version is unreadable',
  },
  {
    guard: 'an infinite count is not stored as a smaller sum',
    edits: [
      [
        '    if (!isRead(name) || infinite.has(name)) continue;',
        '    if (!isRead(name) || !Number.isFinite(value)) continue;',
      ],
    ],
    files: ['test/rollout/drive.test.ts'],
    named: 'takes an infinite count for no count',
  },
  {
    guard: 'slow requests pass only at a bound that all minutes have',
    edits: [
      [
        "  if (everywhere || verdict.verdict !== 'pass') return verdict;\n",
        '  if (everywhere || bound > 0) return verdict;\n',
      ],
    ],
    files: ['test/rollout/judge.test.ts'],
    named: 'only minutes in which both versions have the bound',
  },
  {
    guard: 'a sudden failure obeys a gate that is off',
    edits: [['  if (gates.errors_5xx.off) return undefined;\n', '']],
    files: ['test/rollout/judge.test.ts'],
    named: 'obeys a person who switched the gate off',
  },
  {
    guard: 'the final bake begins when the last step has passed',
    edits: [
      ['? undefined : passedAt(situation);', '? undefined : situation.step_started_at + plan.bake_minutes * MINUTE;'],
    ],
    files: ['test/rollout/judge.test.ts'],
    named: 'begins its final bake when it passed',
  },
  {
    guard: 'the final bake has a limit of its own',
    edits: [['    limit: isStep ? Math.max(most, bake) : bake + most,', '    limit: Math.max(most, bake),']],
    files: ['test/rollout/judge.test.ts'],
    named: 'has a limit of its own in the final bake',
  },
  {
    guard: 'the final bake needs requests of its own',
    edits: [['(isStep || each.at > began)', '(isStep || each.at > 0)']],
    files: ['test/rollout/judge.test.ts'],
    named: 'not completed by time that no one measured',
  },
  {
    guard: 'a few last requests of the old version are no comparison at 100 %',
    edits: [['    if (step >= last) {\n', '    if (baseline.requests === 0) {\n']],
    files: ['test/rollout/judge.test.ts'],
    named: 'takes the last requests of the old version',
  },
  {
    guard: 'a step that is repeated keeps its evidence',
    edits: [
      [
        'minutes.findIndex((minute) => minute.step >= step))',
        'minutes.findLastIndex((minute) => minute.step < step) + 1)',
      ],
    ],
    files: ['test/rollout/judge.test.ts'],
    named: 'keeps the evidence of a step that is repeated',
  },
  {
    guard: 'the earlier requests of the old version count once',
    edits: [['    variance += (used * (q ', '    variance += (weight * (q ']],
    files: ['test/rollout/judge.test.ts'],
    named: 'counts the earlier requests of the old version once',
  },
  {
    guard: 'no step passes after minutes that no one could read',
    edits: [['  const blind = blindness(since);', '  const blind = blindness(since.slice(0, 4));']],
    files: ['test/rollout/judge.test.ts'],
    named: 'does not promote after minutes that no one could read',
  },
  {
    guard: 'a forecast leaves room for chance',
    edits: [['const slow = endOf(step, UNLUCKY);', 'const slow = usual;']],
    files: ['test/rollout/forecast.test.ts'],
    named: 'names min_requests where they take the longest',
  },
  {
    guard: 'probes decide nothing where a gate looks worse',
    edits: [["gate === 'saturation' || difference >= margin);", "gate === 'errors_5xx' && difference >= margin);"]],
    files: ['test/rollout/judge.test.ts'],
    named: 'asks for probes when the time is over',
  },
  {
    guard: 'a forecast knows what a pass of the gates needs',
    edits: [
      [
        '(gate) => present.measured && !plan.gates[gate].off)',
        '(gate) => plan.steps.length > 99 && !plan.gates[gate].off)',
      ],
    ],
    files: ['test/rollout/forecast.test.ts'],
    named: 'names the gate where the upper bound takes the longest',
  },
  {
    guard: 'a rollout counts each minute once',
    edits: [['  const minutes = apart(readings).flatMap(', '  const minutes = [...readings].flatMap(']],
    files: ['test/rollout/drive.test.ts'],
    named: 'counts each minute once',
  },
  {
    guard: 'the alias moves only after the final bake',
    edits: [
      [
        "    : { ...situation, phase: 'final_bake', step_started_at: passed };",
        "    : { ...situation, phase: 'final_bake', step_started_at: passed, plan: { ...plan, final_bake_minutes: 0 } };",
      ],
    ],
    files: ['test/tools/roll-out.test.ts'],
    named: 'before the final bake is over',
  },
  {
    guard: 'a rollout is held when someone else changed the endpoint',
    edits: [
      ['  if (running.foreign !== undefined) return hold(situation, running.foreign);\n', ''],
      ['  if (again.running.foreign !== undefined) return hold(again, again.running.foreign);\n', ''],
    ],
    files: ['test/tools/roll-out.test.ts'],
    named: 'the change of another user is held',
  },
  {
    guard: 'a server that watches a rollout never promotes',
    edits: [
      [
        'return context.unattended ? unchanged(again.current, {}) : probed(again, decision, minutes);',
        'return probed(again, decision, minutes);',
      ],
    ],
    files: ['test/tools/roll-out.test.ts'],
    named: 'never promotes by itself',
  },
  {
    guard: 'finishing a rollout needs the consent of a person',
    edits: [['      consentReason: `All traffic of', '      warning: `All traffic of']],
    files: ['test/tools/roll-out.test.ts'],
    named: 'only with the consent of a person',
  },
  {
    guard: 'one rollout runs at a time',
    edits: [['  if (number !== running.version)\n', "  if (number === '')\n"]],
    files: ['test/tools/roll-out.test.ts'],
    named: 'a second one is refused',
  },
  {
    guard: 'probes that differ end a rollout',
    edits: [['  if (probes && probes.alike < probes.sent) {', '  if (probes && probes.alike < 0) {']],
    files: ['test/tools/roll-out.test.ts'],
    named: 'goes back where the answers differ',
  },
  {
    guard: 'a split by another user during an abort is no rollback',
    edits: [["  if (!differs) return { kind: 'reached'", "  if (differs || !differs) return { kind: 'reached'"]],
    files: ['test/tools/roll-out-disturbed.test.ts'],
    named: 'during its abort',
  },
  {
    guard: 'counts of the old version in a tag are read strictly',
    edits: [['(errors_5xx ?? 0) + (errors_4xx ?? 0) > requests', '(errors_5xx ?? 0) + (errors_4xx ?? 0) < 0']],
    files: ['test/rollout/handover.test.ts'],
    named: 'are read strictly',
  },
  {
    guard: 'a machine prefers what it measured itself to the counts of a tag',
    edits: [['  if (isWhole || own >= told.requests ||', '  if (own >= told.requests ||']],
    files: ['test/rollout/handover.test.ts'],
    named: 'prefers what it measured itself',
  },
  {
    guard: 'a rollout that went back is not begun again by another machine',
    edits: [['    if (left)\n      return {', '    if (left && !left)\n      return {']],
    files: ['test/tools/roll-out-elsewhere.test.ts'],
    named: 'begins nothing, and says what is known',
  },
  {
    guard: 'an undo warns of a rollout that runs',
    edits: [['    warning: noticed ? await rolloutWarning(', '    warning: !noticed ? await rolloutWarning(']],
    files: ['test/tools/running-rollout.test.ts'],
    named: 'in the preview of an undo',
  },
  {
    guard: 'minutes whose rows may still be incomplete are not judged',
    edits: [
      [
        '  for (let at = begin + MINUTE; at <= asOf; at += MINUTE) {',
        '  for (let at = begin + MINUTE; at <= asOf + 10 * MINUTE; at += MINUTE) {',
      ],
    ],
    files: ['test/rollout/measure-table.test.ts'],
    named: 'end where the rows may still be incomplete',
  },
  {
    guard: 'a rollout judges no rows of an entity without a name',
    edits: [['Math.min(until, ...nameless, ', 'Math.min(until, ']],
    files: ['test/rollout/measure-table.test.ts'],
    named: 'whose entity has no name yet',
  },
  {
    guard: 'a rollout passes nothing while its table cannot be read',
    edits: [['  if (seen.failure !== undefined) {', "  if (seen.failure === 'never') {"]],
    files: ['test/rollout/measure-table.test.ts'],
    named: 'passes nothing while the table cannot be read',
  },
  {
    guard: 'the plan of a rollout names the source of its numbers',
    edits: [['      ...sourceView(chosen, settings.plan.steps[0] ?? 100),\n', '']],
    files: ['test/tools/roll-out-sources.test.ts'],
    named: 'is the usage table where there is no inference table',
  },
  {
    guard: 'a gate that the source does not show is off',
    edits: [['for (const gate of UNSEEN[name]) gates[gate]', "for (const gate of UNSEEN['metrics']) gates[gate]"]],
    files: ['test/rollout/measure-table.test.ts'],
    named: 'no numbers for is off',
  },
  {
    guard: 'a rollout without a source is refused',
    edits: [['  if (isBlind) problems.push(', '  if (isBlind) ([] as string[]).push(']],
    files: ['test/tools/roll-out-sources.test.ts'],
    named: 'is required: without any',
  },
  {
    guard: 'a server that watches a table queries it every five minutes at most',
    edits: [['isTable(source) ? QUERY_EVERY_MS : MINUTE', 'isTable(source) ? MINUTE : MINUTE']],
    files: ['test/tools/roll-out-sources.test.ts'],
    named: 'is the usage table where there is no inference table',
  },
  {
    guard: 'the policy checks the later steps of a rollout at its start',
    edits: [['...planned.steps, ...(planned.later ?? [])]', '...planned.steps]']],
    files: ['test/tools/roll-out.test.ts'],
    named: 'forbids a later step',
  },
];

const routing: Mutant[] = [
  {
    guard: 'the block of a service policy is no answer',
    edits: [
      ['    if (isObject(policy) && (policy.action === undefined', '    if (false && (policy.action === undefined'],
    ],
    files: ['test/rest/query.test.ts', 'test/tools/query-answers.test.ts'],
    named: 'policy',
  },
  {
    guard: 'a generated program throws the block of a service policy',
    edits: [["${service ? JS_POLICY : ''}", '']],
    files: ['test/codegen/service.test.ts'],
    named: 'throws the block of a policy',
  },
  {
    guard: 'the credentials of a provider service are dropped where its answer is parsed',
    edits: [['    .object({\n      provider_type: z.string()', '    .looseObject({\n      provider_type: z.string()']],
    files: ['test/rest/model-provider-services.test.ts'],
    named: 'drops',
  },
  {
    guard: 'a list of services is read in the full view, because the basic one has no destinations',
    edits: [["modelServices.list(http, schema, 'FULL')", "modelServices.list(http, schema, 'BASIC')"]],
    files: ['test/tools/model-services/list.test.ts'],
    named: 'full view',
  },
  {
    guard: 'embeddings of a service are asked for as floats',
    edits: [
      ["return { input: input.texts, encoding_format: 'float', ...common", 'return { input: input.texts, ...common'],
    ],
    files: ['test/tools/model-services/query.test.ts'],
    named: 'floats',
  },
  {
    guard: 'a used-up budget is no missing grant',
    edits: [['isInferencePath(path) && layers.some(speaksOfBudget)', 'isInferencePath(path) && false']],
    files: ['test/tools/model-services/query.test.ts'],
    named: 'used-up budget',
  },
  {
    guard: 'a model service is named by its own name, whatever extra says',
    edits: [
      [
        '{ ...buildBody(input, form, TASKS[api]), model: args.endpoint }',
        '{ model: args.endpoint, ...buildBody(input, form, TASKS[api]) }',
      ],
    ],
    files: ['test/tools/model-services/query.test.ts'],
    named: 'whatever extra says',
  },
  {
    guard: 'names of services that are more than names stay out of advice',
    edits: [['near.find((each) => PLAIN.test(each))', 'near[0]']],
    files: ['test/tools/model-services/show.test.ts'],
    named: 'puts none of them into advice',
  },
];

export const MUTANTS: readonly Mutant[] = [
  ...rolling,
  ...starting,
  ...diagnosing,
  ...reading,
  ...failing,
  ...sweeping,
  ...comparing,
  ...opening,
  ...rehearsing,
  ...publishing,
  ...describing,
  ...merging,
  ...swapping,
  ...judging,
  ...sending,
  ...allowing,
  ...agreeing,
  ...hiding,
  ...answering,
  ...noting,
  ...building,
  ...generating,
  ...measuring,
  ...examining,
  ...reporting,
  ...installing,
  ...querying,
  ...routing,
  ...serving,
  ...viewing,
  ...looking,
  ...pretending,
  ...identity,
  ...hosting,
  ...dashboard,
];
