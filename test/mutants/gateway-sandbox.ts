/** The guards of Unity Gateway in the sandbox. Without them, tests of the client side would pass for a client that breaks the rules. */
import type { Mutant } from './list.ts';

const UPDATES = 'test/sandbox/gateway/updates.test.ts';
const RIGHTS = 'test/sandbox/gateway/rights.test.ts';
const LISTS = 'test/sandbox/gateway/lists.test.ts';
const CALLS = 'test/sandbox/gateway/calls.test.ts';
const BODIES = 'test/sandbox/gateway/model-services.test.ts';

export const pretending: Mutant[] = [
  {
    guard: 'in the sandbox, an etag of an earlier revision is refused',
    edits: [['  if (etag !== etagOf(service)) {', '  if (etag === service.full_name) {']],
    files: [UPDATES],
    named: 'exactly one of two writers',
  },
  {
    guard: 'in the sandbox, each write of a service makes a new etag',
    edits: [['  service.revision += 1;\n', '']],
    files: [UPDATES],
    named: 'exactly one of two writers',
  },
  {
    guard: 'in the sandbox, an etag that was not encoded in the URL is refused',
    edits: [
      [
        "  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(etag)) throw invalid('Invalid value for etag: it is not base64.');\n",
        '',
      ],
    ],
    files: [UPDATES],
    named: 'not encoded in the URL',
  },
  {
    guard: 'in the sandbox, the masks config.routing and config.routing.fallback are refused',
    edits: [["  between: ['config.routing', 'config.routing.fallback'],", '  between: [],']],
    files: [UPDATES],
    named: 'and nothing changes',
  },
  {
    guard: 'in the sandbox, an update without a mask is refused',
    edits: [
      [
        "  if (text === undefined || text === '') throw invalid('Missing required field: update_mask.');\n  const named = text",
        "  const named = (text || 'config')",
      ],
    ],
    files: [UPDATES],
    named: 'and nothing changes',
  },
  {
    guard: 'in the sandbox, a field that the mask does not name keeps its value',
    edits: [['    rate_limits: mask.names(LIMITS) ?', '    rate_limits: mask ?']],
    files: [UPDATES],
    named: 'config\\.inference_table|comment',
  },
  {
    guard: 'in the sandbox, the mask config clears policies that the body omits',
    edits: [['  if (!mask.whole) return held;\n', '  if (held) return held;\n']],
    files: [UPDATES],
    named: 'clears what the body omits',
  },
  {
    guard: 'in the sandbox, the basic view of services has no destinations',
    edits: [["  const details = view === 'FULL' && {", '  const details = view.length > 0 && {']],
    files: [LISTS],
    named: 'unless it is FULL',
  },
  {
    guard: 'in the sandbox, the basic view of services has no principals of limits',
    edits: [["view === 'FULL' ? [...fields, 'principal'] : fields", "[...fields, 'principal']"]],
    files: [LISTS],
    named: 'unless it is FULL',
  },
  {
    guard: 'in the sandbox, a list has only services that the caller may see',
    edits: [
      ["    .filter(({ full_name }) => mayRead(c.get('principal'), placesOf(workspace, full_name, type) ?? []))\n", ''],
    ],
    files: [LISTS, RIGHTS],
    named: 'only what the caller may see|the list is empty',
  },
  {
    guard: 'in the sandbox, a service that the caller may not see looks absent',
    edits: [
      [
        '  if (!places || !mayRead(principal, places)) throw notFound(PLACE_WORDS[type], name);',
        '  if (!places) throw notFound(PLACE_WORDS[type], name);',
      ],
    ],
    files: [RIGHTS],
    named: 'without one it looks absent',
  },
  {
    guard: 'in the sandbox, only the owner and MANAGE change a service',
    edits: [["  requireManage(ctx.workspace, c.get('principal'), type, name);\n", '']],
    files: [RIGHTS],
    named: 'needs ownership or MANAGE',
  },
  {
    guard: 'in the sandbox, new destinations need EXECUTE of the owner too',
    edits: [['    if (ownerLacks !== undefined) throw', '    if (ownerLacks === owner) throw']],
    files: [RIGHTS],
    named: 'of the caller and of the owner',
  },
  {
    guard: 'in the sandbox, creating a service needs CREATE_SERVICE',
    edits: [["  requireCreate(ctx.workspace, c.get('principal'), schema, 'CREATE_SERVICE');\n", '']],
    files: [RIGHTS],
    named: 'needs CREATE_SERVICE',
  },
  {
    guard: 'in the sandbox, calling a service needs EXECUTE',
    edits: [['  if (lacks === undefined) return service;\n', '  if (lacks !== name) return service;\n']],
    files: [CALLS],
    named: 'without EXECUTE it looks absent',
  },
  {
    guard: 'in the sandbox, the owner of a service needs EXECUTE at each call',
    edits: [
      [
        '  if (lacks === undefined) return undefined;\n  return wholeAttempt(',
        '  if (lacks !== owner) return undefined;\n  return wholeAttempt(',
      ],
    ],
    files: [CALLS],
    named: 'that of the owner counts',
  },
  {
    guard: 'in the sandbox, percentages of destinations sum to 100',
    edits: [
      [
        '    if (sum !== 100) throw invalid(`The traffic percentages of',
        '    if (sum < 0) throw invalid(`The traffic percentages of',
      ],
    ],
    files: [BODIES],
    named: 'with a sum of 99',
  },
  {
    guard: 'in the sandbox, calls follow the percentages',
    edits: [
      [
        '  const primary = destinations.filter(({ name }) => name === picked?.config.name);',
        '  const primary = destinations.slice(0, picked ? 1 : 0);',
      ],
    ],
    files: [CALLS],
    named: 'follows the percentages',
  },
  {
    guard: 'in the sandbox, fallbacks are tried in their order',
    edits: [
      [
        '[...primary, ...(fallbacks ?? [])].flatMap((each)',
        '[...primary, ...(fallbacks ?? []).toReversed()].flatMap((each)',
      ],
    ],
    files: [CALLS],
    named: 'fallbacks in order',
  },
  {
    guard: 'in the sandbox, what is gone keeps its share of the calls',
    edits: [
      [
        '  const primary = destinations.filter(({ name }) => name === picked?.config.name);',
        '  const primary = destinations.filter((each) => picked && backingOf(workspace, each));',
      ],
    ],
    files: [CALLS],
    named: 'what is gone fails its share',
  },
  {
    guard: 'in the sandbox, an API type that a service does not speak is refused',
    edits: [
      ['  const wrongForm = refuseApi(ctx, call);', '  const wrongForm = call ? undefined : refuseApi(ctx, call);'],
    ],
    files: [CALLS],
    named: 'does not speak',
  },
  {
    guard: 'in the sandbox, an unknown path of the gateway is refused in its words',
    edits: [["  app.all('/ai-gateway/:api{", "  app.all('/other-gateway/:api{"]],
    files: [CALLS],
    named: 'no API at all',
  },
  {
    guard: 'in the sandbox, model services and provider services share their names',
    edits: [["(['MODEL_SERVICE', 'MODEL_PROVIDER_SERVICE'] as const)", "(['MODEL_SERVICE'] as const)"]],
    files: [BODIES],
    named: 'a name that is free',
  },
  {
    guard: 'in the sandbox, no one deletes a service of the platform',
    edits: [["    refuseForPlatform(service, 'delete');\n", '']],
    files: [RIGHTS],
    named: 'services of the platform',
  },
  {
    guard: 'in the sandbox, requests and tokens of one key may be two limits',
    edits: [['renewal_period, dimension]', 'renewal_period]']],
    files: [UPDATES],
    named: 'requests and tokens apart',
  },
  {
    guard: 'in the sandbox, the gateway refuses a token in its own words',
    edits: [["if (c.req.path.startsWith('/ai-gateway/')) return", "if (c.req.path === '/ai-gateway/') return"]],
    files: ['test/sandbox/identity/auth.test.ts'],
    named: 'in its own words',
  },
  {
    guard: 'in the sandbox, what is gone is marked',
    edits: [['...(backingOf(workspace, destination) === undefined && { is_deleted: true })', '']],
    files: [BODIES],
    named: 'marks the destination',
  },
  {
    guard: 'in the sandbox, hourly limits of a service refuse',
    edits: [["    check('HOUR', limitsOf(limits, 'HOUR'),", "    check('HOUR', limitsOf([], 'HOUR'),"]],
    files: [CALLS],
    named: 'an hour, with its own words',
  },
  {
    guard: 'in the sandbox, a call that a fallback answered counts once against a limit',
    edits: [
      [
        '    const { done, record, pause } = await tryOne(ctx, c, call, one, at > 0);',
        '    const { done, record, pause } = await tryOne(ctx, c, call, one, false);',
      ],
    ],
    files: [CALLS],
    named: 'counts once',
  },
  {
    guard: 'in the sandbox, limits do not hold back the first burst of a new service',
    edits: [['at < limitsBegin(service) ?', 'at < 0 ?']],
    files: [CALLS],
    named: 'not the first burst',
  },
  {
    guard: 'in the sandbox, a limit of a principal names one, and others name none',
    edits: [['    if (kind === null && principal !== undefined)\n', '    if (kind === undefined)\n']],
    files: [UPDATES],
    named: 'a principal of the service',
  },
  {
    guard: 'in the sandbox, an inference table keeps its schema',
    edits: [['    if (schema !== before.schema) throw', "    if (schema === '') throw"]],
    files: [UPDATES],
    named: 'keeps its schema and prefix',
  },
];
