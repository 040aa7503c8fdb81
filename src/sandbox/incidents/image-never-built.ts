import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { chat, row, weights } from './parts.ts';

const YIELD = { rainfall: 0.2, soil_ph: 1.1, nitrogen: 0.4 };
const SHIFT = { footfall: 0.02, weekday: 0.4 };

const HELP = [
  '',
  'To fix this you could try to:',
  "1. loosen the range of package versions you've specified",
  '2. remove package versions to allow pip to attempt to solve the dependency conflict',
  '',
];

/** Two requirements of the model exclude each other. */
export const imageNeverBuilt: Incident = {
  name: 'image-never-built',
  symptom: 'The container of the new version is never built, however often we try.',
  causes: ['pip_conflict'],
  wordings: [
    brokenVersion({
      endpoint: 'crop-yield',
      model: 'agri.prod.crop_yield',
      spec: weights(YIELD),
      query: row(YIELD),
      serves: 4,
      minutes_ago: 420,
      per_minute: 12,
      versions: { deploy_minutes: 240, build_minutes: 220 },
      environment: {
        python: '3.11.11',
        packages: [
          'mlflow==2.22.1',
          'cloudpickle==3.1.1',
          'numpy==2.1.3',
          'pandas==2.2.3',
          'xarray==2024.7.0',
          'numba==0.59.1',
        ],
        build_lines: [
          'INFO: pip is looking at multiple versions of xarray to determine which version is compatible with other requirements. This could take a while.',
        ],
      },
      failure: {
        phase: 'build',
        log_lines: [
          'ERROR: Cannot install -r /model/requirements.txt (line 6) and numpy==2.1.3 because these package versions have conflicting dependencies.',
          '',
          'The conflict is caused by:',
          '    The user requested numpy==2.1.3',
          '    numba 0.59.1 depends on numpy<1.27 and >=1.22',
          ...HELP,
          'ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/#dealing-with-dependency-conflicts',
        ],
      },
      noise: ['crop_yield: grid of 2,400 cells loaded'],
      texts: ['ResolutionImpossible', 'Container creation failed'],
      logs: "The model's author pins numba and numpy to versions that fit, and logs version 6.",
    }),
    brokenVersion({
      endpoint: 'store-shifts',
      model: 'ops.live.store_shifts',
      spec: weights(SHIFT),
      query: row(SHIFT),
      serves: 9,
      minutes_ago: 60,
      per_minute: 3,
      versions: { deploy_minutes: 30, build_minutes: 21 },
      environment: {
        python: '3.10.14',
        packages: [
          'mlflow==2.14.3',
          'cloudpickle==2.2.1',
          'pydantic==1.10.15',
          'fastapi==0.115.2',
          'ortools==9.11.4210',
        ],
        build_lines: [
          "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ReadTimeoutError': /simple/ortools/",
          '  Using cached jaraco.errors-1.0.0-py3-none-any.whl (9.1 kB)',
        ],
      },
      failure: {
        phase: 'build',
        message: 'Container creation failed. Please see build logs for more information.',
        log_lines: [
          'INFO: pip is still looking at multiple versions of mlflow to determine which version is compatible with other requirements. This could take a while.',
          'ERROR: Cannot install -r /tmp/requirements.txt (line 3), -r /tmp/requirements.txt (line 8) and langchain-core==0.3.15 because these package versions have conflicting dependencies.',
          '',
          'The conflict is caused by:',
          '    mlflow 2.14.3 depends on pydantic<3 and >=1.0',
          '    langchain-core 0.3.15 depends on pydantic<3.0.0 and >=2.5.2; python_full_version < "3.12.4"',
          '    The user requested pydantic==1.10.15',
          ...HELP,
          'ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/#dealing-with-dependency-conflicts',
        ],
      },
      texts: ['conflicting dependencies'],
      logs: "The model's author drops the pin of pydantic and logs version 11.",
    }),
    brokenVersion({
      endpoint: 'hr-helper',
      model: 'people.agents.hr_helper',
      spec: { kind: 'agent', protocol: 'chat' },
      query: chat('How many days of leave do I have?'),
      serves: 0,
      minutes_ago: 180,
      per_minute: 0,
      versions: { deploy_minutes: 150, build_minutes: 140 },
      environment: {
        python: '3.12.3',
        packages: [
          'mlflow==3.1.4',
          'databricks-agents==1.1.0',
          'langgraph==0.5.3',
          'databricks-langchain==0.6.0',
          'openai==1.55.0',
        ],
        build_lines: ["  Preparing metadata (pyproject.toml): finished with status 'done'"],
      },
      failure: {
        phase: 'build',
        log_lines: [
          'ERROR: Cannot install databricks-langchain==0.6.0 and openai==1.55.0 because these package versions have conflicting dependencies.',
          '',
          'The conflict is caused by:',
          '    The user requested openai==1.55.0',
          '    databricks-langchain 0.6.0 depends on openai>=1.97.1',
          '',
          'Additionally, some packages in these conflicts have no matching distributions available for your environment:',
          '    openai',
          ...HELP,
          'ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/#dealing-with-dependency-conflicts',
          'WARNING: There was an error checking the latest version of pip.',
        ],
      },
      texts: ['databricks-langchain 0.6.0 depends on openai>=1.97.1'],
      logs: "The agent's author raises openai to 1.97.1 and logs version 2.",
    }),
  ],
};
