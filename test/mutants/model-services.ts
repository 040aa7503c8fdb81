/** The guards of writes to model services. */
import type { Mutant } from './list.ts';

export const serving: Mutant[] = [
  {
    guard: 'an edit of limits names no other field in its mask',
    edits: [["mask: ['config.rate_limits'], body,", "mask: ['config.rate_limits', 'comment'], body,"]],
    files: ['test/tools/model-services/limits.test.ts'],
    named: 'sends a GET and a PATCH',
  },
  {
    guard: 'an edit sends the etag of its read',
    edits: [
      ["update_mask: mask.join(','), ...(etag === undefined ? {} : { etag }) }", "update_mask: mask.join(',') }"],
    ],
    files: ['test/tools/model-services/limits.test.ts'],
    named: 'sends a GET and a PATCH',
  },
  {
    guard: 'an edit begins from the whole service, not from a row of a list',
    edits: [
      [
        'return await modelServices.get(context.http, name);',
        "return (await modelServices.list(context.http, schemaOf(name), 'BASIC')).find((each) => each.name.endsWith(name)) as ModelService;",
      ],
    ],
    files: ['test/tools/model-services/limits.test.ts'],
    named: 'sends a GET and a PATCH',
  },
  {
    guard: 'a stale etag is told with the difference',
    edits: [['  if (!isStale(error)) return undefined;', '  if (error !== name) return undefined;']],
    files: ['test/tools/model-services/limits.test.ts'],
    named: 'is refused with the difference',
  },
  {
    guard: 'an edit whose reply is lost is not sent twice',
    edits: [
      ["    again: 'never',\n    parse: ModelService.parse,", "    again: 'lost',\n    parse: ModelService.parse,"],
    ],
    files: ['test/tools/model-services/limits.test.ts'],
    named: 'a lost reply',
  },
  {
    guard: 'limits whose principals were not read are not written',
    edits: [['  refuseHidden(name, current);\n', '']],
    files: ['test/tools/model-services/limits.test.ts'],
    named: 'without principals',
  },
  {
    guard: 'unknown fields of a destination are sent again',
    edits: [
      [
        'return withPercent(writableDestination(found), percent);',
        'return withPercent({ name: found.name, ...blockOf(targetOf(found), undefined) }, percent);',
      ],
    ],
    files: ['test/tools/model-services/update.test.ts'],
    named: 'does not know are sent again',
  },
  {
    guard: 'what the service says of a destination is not sent',
    edits: [['({ is_deleted: _, ...destination }: Destination)', '({ ...destination }: Destination)']],
    files: ['test/tools/model-services/update.test.ts'],
    named: 'does not know are sent again',
  },
  {
    guard: 'a destination with traffic is not removed before a person agreed',
    edits: [
      [
        "const losses = lossesOf(name, before, routing, remove.includes('inference_table'));",
        'const losses = undefined;',
      ],
    ],
    files: ['test/tools/model-services/update.test.ts'],
    named: 'asks first, and a no',
  },
  {
    guard: 'a delete sends the etag of its read',
    edits: [['modelServices.remove(name, etagOf(name, found))', 'modelServices.remove(name, undefined)']],
    files: ['test/tools/model-services/create.test.ts'],
    named: 'asks with what is lost',
  },
  {
    guard: 'the undo of a create deletes only the service that it made',
    edits: [['  await refuseReplacedService(entry, context);\n', '']],
    files: ['test/tools/model-services/create.test.ts'],
    named: 'only of the service that it made',
  },
  {
    guard: 'the policy lets model services route to allowed models only',
    edits: [['[...moved, ...newlyServed(write), ...newlyRouted(write)]', '[...moved, ...newlyServed(write)]']],
    files: ['test/write/service-writes.test.ts'],
    named: 'refuses by',
  },
  {
    guard: 'a list is not sent with a destination that is gone',
    edits: [['  problems.push(...problemsOfGone(refused, wish.remove));\n', '']],
    files: ['test/tools/model-services/update.test.ts'],
    named: 'stops a list that has it',
  },
  {
    guard: 'a service does not get the name of a provider service',
    edits: [['...(provider && !existing ?', '...(provider && existing ?']],
    files: ['test/tools/model-services/create.test.ts'],
    named: 'under the name of a provider service',
  },
  {
    guard: 'advice on a model service does not speak of an endpoint',
    edits: [['isOfService(refusal) && ROUTED.some(', 'ROUTED.every(']],
    files: ['test/tools/model-services/query.test.ts'],
    named: 'speaks of the model service',
  },
  {
    guard: 'an edit that began from an older state is lost to no one',
    edits: [
      ["update_mask: mask.join(','), ...(etag === undefined ? {} : { etag }) }", "update_mask: mask.join(',') }"],
    ],
    files: ['test/write/service-races.test.ts'],
    named: 'none is lost',
  },
  {
    guard: 'the undo of an edit brings fallbacks back in their order',
    edits: [
      [
        'canonical(oldSpares.map(inputFrom)) === canonical(nowSpares.map(inputFrom))',
        'oldSpares.length === nowSpares.length',
      ],
    ],
    files: ['test/plan/service-inverse.test.ts'],
    named: 'plans the service as it was',
  },
  {
    guard: 'a destination keeps no block of its earlier kind',
    edits: [['    pay_per_token_config: _token,\n', '']],
    files: ['test/plan/service-routing.test.ts'],
    named: 'loses the block of its earlier kind|keeps the rules of the service',
  },
  {
    guard: 'a model service that the caller may not change names who may',
    edits: [
      [
        "words: ['is not an owner of Model Service', \"is not an owner of MODEL_SERVICE '\"],",
        "words: ['is not an owner of Nothing'],",
      ],
    ],
    files: ['test/tools/model-services/targets.test.ts'],
    named: 'who may only call changes nothing',
  },
  {
    guard: 'destinations are added only where the owner of the service may use them',
    edits: [
      [
        'const may = await ownerMay({ service: name, owner: before.effective_owner }, routed, context);',
        'const may = await ownerMay({ service: name, owner: before.effective_owner }, [], context);',
      ],
    ],
    files: ['test/tools/model-services/owner.test.ts'],
    named: 'without any grant',
  },
  {
    guard: 'a service is created only where the caller may use its destinations',
    edits: [["...(await ownerMay('caller', routed, context)),", '']],
    files: ['test/tools/model-services/owner.test.ts'],
    named: 'on a create',
  },
  {
    guard: 'the level of the owner on an endpoint is asked too',
    edits: [
      [
        '...(endpoint !== undefined && ENDPOINT_NAME.test(endpoint)',
        "...(endpoint === '' && ENDPOINT_NAME.test(endpoint)",
      ],
    ],
    files: ['test/tools/model-services/owner.test.ts'],
    named: 'with CAN_VIEW',
  },
  {
    guard: 'who does not manage an endpoint routes nothing to it',
    edits: [['if (/^CAN_(VIEW|QUERY)$/.test(level))', 'if (/^NONE$/.test(level))']],
    files: ['test/tools/model-services/owner.test.ts'],
    named: 'needs CAN_MANAGE of the caller',
  },
  {
    guard: 'a right of the owner that may come through a group is not missing',
    edits: [["return groups.get(name) ?? 'unknown';", "return groups.get(name) ?? 'missing';"]],
    files: ['test/tools/model-services/owner.test.ts'],
    named: 'a group that the workspace does not have',
  },
];
