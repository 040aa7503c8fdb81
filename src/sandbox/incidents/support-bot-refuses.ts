import type { Incident, Wording } from './incident.ts';
import { chat, endpoint, entity, model, payloads, version } from './parts.ts';

interface Case {
  endpoint: string;
  /** A model of the workspace, or an external one. */
  external: boolean;
  minutes_ago: number;
  per_minute: number;
  share: number;
  anonymized: string;
  after: 'MASK' | 'NONE';
  noise: string[];
}

function wording(c: Case): Wording {
  const name = `support.bots.${c.endpoint.replaceAll('-', '_')}`;
  const gateway = (behavior: 'BLOCK' | 'MASK' | 'NONE') => ({
    usage_tracking_config: { enabled: true },
    inference_table_config: payloads(c.endpoint),
    guardrails: { input: { pii: { behavior } } },
  });
  const message = JSON.stringify({
    usage: { prompt_tokens: 0, total_tokens: 0 },
    input_guardrail: [
      {
        flagged: false,
        categories: null,
        category_scores: null,
        pii_detection: true,
        anonymized_input: [{ role: 'user', content: c.anonymized }],
      },
    ],
    finishReason: 'input_guardrail_triggered',
  });
  const served = c.external
    ? {
        name: 'gpt-4o',
        external_model: {
          provider: 'openai',
          name: 'gpt-4o',
          task: 'llm/v1/chat',
          openai_config: { openai_api_key: '{{secrets/llm-providers/openai_api_key}}' },
        },
      }
    : entity(name, 1);
  return {
    endpoint: c.endpoint,
    seed: {
      ...(c.external
        ? {}
        : { models: [model(name, [version(1, { kind: 'agent', protocol: 'chat' }, { service_log_lines: c.noise })])] }),
      endpoints: [
        endpoint(c.endpoint, {
          config: { served_entities: [served] },
          ai_gateway: gateway('BLOCK'),
          traffic: { requests_per_minute: c.per_minute },
          mishaps: [
            {
              share: c.share,
              others: true,
              gateway: true,
              since_minutes_ago: c.minutes_ago,
              answer: { status: 400, body: { error_code: 'BAD_REQUEST', message } },
              latency_ms: 30,
              until: { setting: { path: 'ai_gateway.guardrails.input.pii.behavior', in: ['MASK', 'NONE', null] } },
            },
          ],
        }),
      ],
    },
    shows: { texts: ['"behavior":"BLOCK"'], share_of_errors: c.share / 2 },
    remedy: [
      { call: ['PUT', `/api/2.0/serving-endpoints/${c.endpoint}/ai-gateway`, gateway(c.after)] },
      { wait_minutes: 1 },
    ],
    query: chat('What does delivery cost?'),
  };
}

/** The guardrail blocks every message with personal data, which customers send all the time. */
export const supportBotRefuses: Incident = {
  name: 'support-bot-refuses',
  symptom: 'The support bot refuses customers who give their e-mail address or telephone number.',
  causes: ['guardrail_input_pii'],
  wordings: [
    wording({
      endpoint: 'returns-bot',
      external: true,
      minutes_ago: 600,
      per_minute: 14,
      share: 0.45,
      anonymized: 'My address is <EMAIL_ADDRESS>, where is my refund?',
      after: 'MASK',
      noise: [],
    }),
    wording({
      endpoint: 'clinic-desk',
      external: false,
      minutes_ago: 90,
      per_minute: 15,
      share: 0.8,
      anonymized: 'Please call me at <PHONE_NUMBER>.',
      after: 'NONE',
      noise: ['{log_time} INFO desk: pii detection of the model is off'],
    }),
    wording({
      endpoint: 'bank-helper',
      external: true,
      minutes_ago: 2_000,
      per_minute: 60,
      share: 0.2,
      anonymized: 'My card <CREDIT_CARD> was refused.',
      after: 'MASK',
      noise: [],
    }),
  ],
};
