import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { chat, row, weights } from './parts.ts';

const TIDE = { moon: 0.2, wind: 0.1 };

/** The build needs more disk than it has. */
export const buildDiesLate: Incident = {
  name: 'build-dies-late',
  symptom: 'The build runs for an hour and then fails, always near its end.',
  causes: ['disk_full'],
  wordings: [
    brokenVersion({
      endpoint: 'image-search',
      model: 'catalog.prod.image_search',
      spec: { kind: 'embedding', dimensions: 64 },
      query: { input: ['a green chair'] },
      serves: 3,
      minutes_ago: 190,
      per_minute: 18,
      served: { workload_type: 'GPU_SMALL' },
      broken: { deploy_minutes: 160, build_minutes: 150 },
      environment: {
        packages: ['mlflow==2.22.1', 'torch==2.6.0', 'tensorflow==2.18.0', 'jax==0.5.3', 'nvidia-cudnn-cu12==9.1.0.70'],
      },
      failure: {
        phase: 'build',
        log_lines: [
          'Installing collected packages: nvidia-cudnn-cu12, triton, torch, jax, tensorflow, mlflow',
          'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
          '',
          '[notice] A new release of pip is available: 25.0 -> 25.3',
        ],
      },
      texts: ['[Errno 28] No space left on device'],
      logs: "The model's author removes tensorflow and jax from the requirements and logs version 5.",
    }),
    brokenVersion({
      endpoint: 'tide-table',
      model: 'harbour.live.tide_table',
      spec: weights(TIDE),
      query: row(TIDE),
      serves: 11,
      minutes_ago: 75,
      per_minute: 2,
      broken: { deploy_minutes: 70, build_minutes: 60 },
      environment: { python: '3.10.12', packages: ['mlflow==2.17.2', 'xarray==2024.9.0', 'netcdf4==1.7.2'] },
      failure: {
        phase: 'build',
        bare: true,
        log_lines: [
          'Successfully built netcdf4',
          'Conda environment created successfully on attempt 1.',
          '#14 exporting to image',
          '#14 exporting layers 118.2s done',
          'ERROR: failed to solve: failed to copy files: copy file range failed: write /model/artifacts/grids/2019.nc: no space left on device',
        ],
      },
      texts: ['2019.nc: no space left on device'],
      logs: "The model's author keeps the grids in a volume instead of the artifacts and logs version 13.",
    }),
    brokenVersion({
      endpoint: 'legal-summary',
      model: 'legal.prod.legal_summary',
      spec: { kind: 'chat', model: 'legal-summary', profile: 'llama' },
      query: chat('Summarise clause 9.'),
      serves: 0,
      minutes_ago: 300,
      per_minute: 0,
      served: { workload_type: 'GPU_MEDIUM' },
      broken: { deploy_minutes: 280, build_minutes: 270 },
      environment: { python: '3.12.3', packages: ['mlflow==3.1.1', 'vllm==0.8.5', 'flash-attn==2.7.4.post1'] },
      failure: {
        phase: 'build',
        bare: true,
        log_lines: [
          'Downloading and Extracting Packages: ...working...',
          'NoSpaceLeftError: No space left on devices.',
          '',
          'failed',
        ],
      },
      texts: ['NoSpaceLeftError: No space left on devices.'],
      logs: "The model's author drops vllm, which serving does not need, and logs version 2.",
    }),
  ],
};
