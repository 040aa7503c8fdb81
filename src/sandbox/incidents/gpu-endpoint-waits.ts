import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { chat } from './parts.ts';

const NEVER_CAME = 'served entity creation aborted because the resource did not become available in time';

/** No machine of the requested type was free. */
export const gpuEndpointWaits: Incident = {
  name: 'gpu-endpoint-waits',
  symptom: 'The endpoint waits for hours for its machines, and then gives up.',
  causes: ['capacity_unavailable'],
  wordings: [
    brokenVersion({
      endpoint: 'radiology-notes',
      model: 'clinic.prod.radiology_notes',
      spec: { kind: 'chat', model: 'radiology-notes', profile: 'llama' },
      query: chat('Summarise the findings.'),
      serves: 0,
      minutes_ago: 200,
      per_minute: 0,
      served: { workload_type: 'GPU_LARGE' },
      versions: { deploy_minutes: 140, build_minutes: 20 },
      environment: { packages: ['mlflow==2.22.0', 'torch==2.6.0', 'transformers==4.51.3', 'accelerate==1.6.0'] },
      failure: {
        phase: 'load',
        aborted: true,
        message: NEVER_CAME,
        until: { workload_type: ['GPU_MEDIUM', 'GPU_SMALL', 'MULTIGPU_MEDIUM'] },
      },
      texts: ['the resource did not become available in time', 'Conda environment created successfully'],
      deploys: { workload_type: 'GPU_MEDIUM' },
    }),
    brokenVersion({
      endpoint: 'product-captions',
      model: 'media.prod.product_captions',
      spec: { kind: 'chat', model: 'product-captions', profile: 'llama' },
      query: chat('A red bicycle.'),
      serves: 5,
      minutes_ago: 90,
      per_minute: 6,
      served: { workload_type: 'GPU_SMALL' },
      versions: { deploy_minutes: 75, build_minutes: 14 },
      failure: {
        phase: 'load',
        aborted: true,
        message: `Served entity product_captions-6: ${NEVER_CAME}. Please try again later.`,
        events: ['Served entity creation aborted for served entity product_captions-6'],
        until: { fact: 'machines-free' },
      },
      noise: ['{log_time} INFO captions: model on cuda:0'],
      texts: ['the resource did not become available in time'],
      step: {
        name: 'wait-for-machines',
        does: 'Machines of this type become free in the region.',
        facts: ['machines-free'],
      },
    }),
    brokenVersion({
      endpoint: 'legal-embed',
      model: 'legal.live.legal_embed',
      spec: { kind: 'embedding', dimensions: 64 },
      query: { input: ['clause 4.2'] },
      serves: 1,
      minutes_ago: 1600,
      per_minute: 0.5,
      served: { workload_type: 'MULTIGPU_MEDIUM' },
      versions: { deploy_minutes: 135, build_minutes: 12 },
      failure: {
        phase: 'load',
        aborted: true,
        message: NEVER_CAME.replace('served', 'Served'),
        until: { workload_type: ['GPU_SMALL', 'GPU_MEDIUM', 'CPU'] },
      },
      texts: ['Served entity creation aborted because the resource'],
      deploys: { workload_type: 'GPU_SMALL' },
    }),
  ],
};
