/** Reasons that the state message or an event of the service gives for a failed deployment. Pure data. */
import type { FailureCause } from './failure-cause.ts';

export const STATE_CAUSES: FailureCause[] = [
  {
    id: 'capacity_unavailable',
    words: /did not become available in time/,
    remedy: 'Try again later, or choose another workload type or region: the service had no capacity.',
  },
  {
    id: 'capacity_unavailable',
    inState: true,
    words:
      /(?:insufficient|not enough|out of|lack of|no (?:available |free )?)\s?(?:\w+ ){0,2}(?:capacity|instances|GPUs?|nodes|compute|resources)\b|\b(?:Insufficient\w*Capacity|ZONE_RESOURCE_POOL_EXHAUSTED|OverconstrainedAllocationRequest|AllocationFailed|SkuNotAvailable|\w*STOCKOUT)\b|\bInsufficient nvidia\.com\/gpu\b|\bnodes are available: \d+ Insufficient\b|\b(?:waited|timed out (?:while )?waiting) for (?:\w+ ){0,3}(?:GPUs?|compute|capacity|instances?|nodes?|resources?)\b|\b(?:capacity|GPUs?) (?:is|are) (?:currently |temporarily )?(?:unavailable|not available|exhausted)/i,
    remedy: 'Try again later, or choose another workload type or region: the service had no capacity.',
  },
  {
    id: 'update_timed_out',
    weak: true,
    words: /(?:because|since) the (?:endpoint )?update timed out|served (?:model|entity) creation timed out/i,
    remedy: 'Find out what was slow: count the attempts of the build, and read how far the service log got.',
  },
  {
    id: 'update_timed_out',
    inState: true,
    weak: true,
    words:
      /\btimed out\b|\btime ?out\b.{0,40}\b(?:exceeded|expired|reached)|did not (?:complete|finish|become \w+) (?:with)?in \d+|exceeded the maximum (?:\w+ )?time/i,
    remedy: 'Find out what was slow: count the attempts of the build, and read how far the service log got.',
  },
  {
    id: 'uc_execute_missing',
    words:
      /does not have EXECUTE on (?:Routine or )?Model|\b(?:lacks|lacking|missing|without|requires?|no)\b.{0,20}\bEXECUTE\b(?! on Routine ')/,
    except: /EXECUTE.{0,20}\b(?:statement|query|code)\b/i,
    remedy: 'Have the owner of the model grant EXECUTE on it to the creator of the endpoint.',
  },
  {
    id: 'uc_use_missing',
    words:
      /does not have USE[ _](?:SCHEMA|CATALOG) on (?:Schema|Catalog) '?(?!'?system\b)|\b(?:lacks|lacking|missing|without|requires?)\b.{0,20}\bUSE[ _](?:SCHEMA|CATALOG)\b/i,
    except: /(?:schema|catalog) '?system\b/i,
    remedy: 'Have the owner grant USE CATALOG and USE SCHEMA to the creator of the endpoint.',
  },
  {
    id: 'uc_object_not_found',
    words:
      /Routine or Model '.{1,300}' does not exist|\b(?:Registered )?Model(?: version)? '.{1,300}' (?:does not exist|was not found|not found)|RESOURCE_DOES_NOT_EXIST: .{0,20}\bRegistered ?Model\b/i,
    remedy: 'Correct the catalog and schema; an endpoint does not know the variables of a job.',
  },
  {
    id: 'secret_missing',
    words:
      /Secret does not exist\b|\b(?:secret )?scope ['"`]?[\w.@-]{1,128}['"`]? (?:does not|doesn't) exist|\bsecret scope .{1,200}does not exist|(?:failed|unable|could not|cannot)(?: to)? (?:resolve|fetch|read|find|access|get) (?:the )?secrets?\b|\bsecrets?\b (?:reference )?.{0,120}(?:could not be (?:found|resolved|read)|cannot be (?:found|resolved|read)|not found)|does not have (?:READ )?(?:permission|access) (?:on|to) (?:the )?(?:secret )?scope/i,
    remedy: 'Create the key in the secret scope, and give the creator of the endpoint read access to the scope.',
  },
  {
    id: 'concurrency_quota',
    words: /exceeded provisioned concurrency quota|provisioned concurrency\b.{0,40}\b(?:quota|limit)\b/i,
    remedy: 'Stop or delete endpoints, or ask Databricks for more quota.',
  },
  {
    id: 'quota_exceeded',
    inState: true,
    words:
      /\bQUOTA_?EXCEEDED\b|\b(?:insufficient|not enough) quota\b|\bquota\b.{0,80}\b(?:exceeded|exhausted|used up|reached)|\b(?:exceed\w*|over|reached)\b.{0,60}\bquota\b|\breached (?:its|the|your) (?:maximum|limit|max)\b|\blimit of \d+ (?:serving )?endpoints\b|\bmaximum number of (?:serving )?endpoints\b/i,
    remedy: 'Stop or delete endpoints, or ask Databricks for more quota.',
  },
  {
    id: 'region_unsupported',
    inState: true,
    words:
      /\bnot (?:supported|available|offered|enabled) in (?:the |this |your )?(?:\w+ )?(?:region|cloud)\b|\bregion \S+ does not (?:support|offer)|\bunsupported region\b/i,
    remedy: 'Choose a workload type that this region offers, or serve the model in another region.',
  },
  {
    id: 'workload_type_unsupported',
    inState: true,
    words:
      /\b(?:workload|instance|compute) (?:type|size)\b.{0,60}\b(?:not (?:supported|valid|allowed|available)|unsupported|invalid)|\b(?:invalid|unsupported|unknown) (?:workload|instance|compute)[ _](?:type|size)\b/i,
    remedy: 'Choose a workload type that the region offers.',
  },
  {
    id: 'model_version_failed',
    words: /\bFAILED_REGISTRATION\b/,
    remedy: 'Register the model again: a version in this state never becomes ready.',
  },
  {
    id: 'model_version_pending',
    words: /\bPENDING_REGISTRATION\b/,
    remedy: 'Wait until the version is READY, then deploy it.',
  },
  {
    id: 'creator_left',
    inState: true,
    words:
      /\b(?:creator|owner)\b.{0,80}\b(?:no longer|not active|inactive|deactivated|deleted|removed|does not exist|left)\b|\b(?:service principal|user) .{1,120}\b(?:has been|was|is) (?:deleted|removed|deactivated|disabled|inactive|not active)/i,
    remedy: 'Activate the creator again, or create the endpoint again as a service principal that stays.',
  },
  {
    id: 'function_execute_missing',
    words: /does not have EXECUTE on (?:Routine|Function) '/i,
    remedy: 'Grant EXECUTE on the function, and USE CATALOG and USE SCHEMA above it, to the identity of the endpoint.',
  },
  {
    id: 'endpoint_grant_missing',
    words:
      /does not have permission '?(?:View|Query|Manage)'? on Endpoint|(?:do(?:es)? not have|no|lacks?|without) permission to (?:query|view|manage|use) (?:the )?(?:serving )?endpoint/i,
    remedy:
      'Grant CAN_QUERY on that endpoint to the identity of this one, or declare it in resources=[…] when the model is logged.',
  },
  {
    id: 'signature_missing',
    words: /did not contain any signature metadata/,
    remedy: 'Log the model with a signature or an input example.',
  },
  {
    id: 'out_of_memory',
    inState: true,
    words: /\b(?:ran|running|runs?) out of memory\b|\bout[ -]of[ -]memory\b/i,
    except: /\b(?:GPU|CUDA)\b/i,
    remedy: 'Use a larger workload size, or a smaller model.',
  },
  {
    id: 'throughput_not_eligible',
    inState: true,
    words: /is not eligible for Provisioned Throughput/i,
    remedy: 'Check in the web interface which form of serving this model allows.',
  },
  {
    id: 'unsupported_model',
    words: /unsupported model\b(?! IR\b)/i,
    remedy: 'Log the model in a form that Model Serving supports.',
  },
  {
    id: 'container_build_failed',
    words: /Container creation failed|Container image creation (?:aborted|failed)/,
    wrapper: true,
  },
  {
    id: 'model_load_failed',
    words: /failed to load the model|raised an error during model load|error occurred in model loading code/i,
    wrapper: true,
  },
  { id: 'update_failed', words: /Endpoint update failed for endpoint/, wrapper: true },
];

/** Three builds and then a timeout, although the build itself ends well. No single text says so. */
export const TOO_LARGE: FailureCause = {
  id: 'artifact_too_large',
  words: /(?!)/,
  remedy: 'Keep the artifacts of the model small, and load the rest at run time.',
};
