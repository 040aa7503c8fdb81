import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { row, site, traceback, weights } from './parts.ts';

const S = site('3.11');
const SOLAR = { sun: 0.9, cloud: -0.4 };
const VALVE = { turns: 0.1, pressure: 0.3 };
const GATE = { queue: 0.2, flights: 0.1 };

/** Serving may not read the files of the model. */
export const startFailsAfterMove: Incident = {
  name: 'start-fails-after-move',
  symptom: 'Since the storage was reorganised, no version starts, not even an old one.',
  causes: ['artifact_download_failed'],
  wordings: [
    brokenVersion({
      endpoint: 'solar-output',
      model: 'energy.prod.solar_output',
      spec: weights(SOLAR),
      query: row(SOLAR),
      serves: 8,
      minutes_ago: 26,
      per_minute: 21,
      failure: {
        phase: 'load',
        until: { fact: 'storage-open' },
        message: 'Model server failed to load the model.',
        log_lines: [
          '{log_time} INFO mlflow.store.artifact.cloud_artifact_repo: credential expired, renewing it',
          ...traceback(
            [[`${S}/mlflow/store/artifact/artifact_repo.py`, 297, 'download_artifacts', 'raise MlflowException(']],
            'mlflow.exceptions.MlflowException: The following failures occurred while downloading one or more artifacts from models:/energy.prod.solar_output/9:',
          ),
          '##### File python_model.pkl #####',
          '403 Client Error: Forbidden for url: https://ml-artifacts.s3.eu-west-1.amazonaws.example/energy/solar_output/9/python_model.pkl',
        ],
      },
      texts: ['failures occurred while downloading one or more artifacts'],
      step: {
        name: 'open-storage',
        does: 'The storage team gives serving access to the bucket again.',
        facts: ['storage-open'],
      },
    }),
    brokenVersion({
      endpoint: 'valve-state',
      model: 'plant.live.valve_state',
      spec: weights(VALVE),
      query: row(VALVE),
      serves: 0,
      minutes_ago: 130,
      per_minute: 0,
      failure: {
        phase: 'load',
        until: { fact: 'firewall-open' },
        message:
          'An error occurred in model loading code. (AuthorizationFailure) This request is not authorized to perform this operation.',
        log_lines: [
          ...traceback(
            [[`${S}/azure/storage/filedatalake/_deserialize.py`, 200, 'process_storage_error', 'raise error']],
            'azure.core.exceptions.HttpResponseError: This request is not authorized to perform this operation.',
          ),
          'RequestId:5c1b62a0-001f-004e-3a60-5d1f0a000000',
          'ErrorCode:AuthorizationFailure',
        ],
      },
      texts: ['This request is not authorized to perform this operation'],
      step: {
        name: 'open-firewall',
        does: "The storage's firewall admits the serving network.",
        facts: ['firewall-open'],
      },
    }),
    brokenVersion({
      endpoint: 'gate-wait',
      model: 'airport.prod.gate_wait',
      spec: weights(GATE),
      query: row(GATE),
      serves: 19,
      minutes_ago: 58,
      per_minute: 70,
      failure: {
        phase: 'load',
        until: { fact: 'bucket-policy-fixed' },
        message: 'An error occurred in model loading code. Please see the service logs for more information.',
        log_lines: [
          "{log_time} WARNING gate: optional file holidays.json not found; continuing (FileNotFoundError: 'holidays.json')",
          ...traceback(
            [
              [
                `${S}/mlflow/store/artifact/optimized_s3_artifact_repo.py`,
                351,
                '_download_from_cloud',
                'self._get_s3_client().download_file(self.bucket, key, local_path)',
              ],
              [`${S}/botocore/client.py`, 1078, '_make_api_call', 'raise error_class(parsed_response, operation_name)'],
            ],
            'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation: Access Denied',
          ),
        ],
      },
      texts: ['(AccessDenied) when calling the GetObject operation'],
      step: {
        name: 'fix-bucket-policy',
        does: "The bucket's owner adds serving to the bucket policy.",
        facts: ['bucket-policy-fixed'],
      },
    }),
  ],
};
