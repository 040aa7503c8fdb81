/**
 * The incidents of the sandbox: their names, and how a person would report them. The command line refuses other names. The sandbox shares no code with
 * this side, so it has the same names, and a test compares both.
 */
export interface IncidentName {
  name: string;
  /** One sentence, as a person would report it. */
  symptom: string;
}

export const INCIDENTS: readonly IncidentName[] = [
  { name: 'new-version-crashes', symptom: 'The new version never starts, and the old one still answers.' },
  { name: 'image-never-built', symptom: 'The container of the new version is never built, however often we try.' },
  {
    name: 'rebuild-refused',
    symptom: 'A retrained model cannot be built since last week, though only its data changed.',
  },
  {
    name: 'dies-while-loading',
    symptom: 'The container starts, dies while it loads the model, and starts again until it gives up.',
  },
  { name: 'gpu-endpoint-waits', symptom: 'The endpoint waits for hours for its machines, and then gives up.' },
  { name: 'update-hangs', symptom: 'The update has been running for hours; the last ones took ten minutes.' },
  { name: 'callers-turned-away', symptom: 'At busy times, many calls of the web shop are refused.' },
  {
    name: 'slow-then-errors',
    symptom: 'Some answers take very long and then end in an error; the others are as fast as ever.',
  },
  {
    name: 'new-model-no-effect',
    symptom: 'The new model is deployed and ready, but the predictions are still those of the old one.',
  },
  {
    name: 'nobody-may-update',
    symptom: 'The endpoint answers well, but every update is refused, even for those who may manage it.',
  },
  { name: 'assistant-silent', symptom: 'Since this morning, the assistant answers nothing but errors.' },
  { name: 'two-alarms', symptom: 'The update failed, and at the same time callers report refused requests.' },
  { name: 'build-dies-late', symptom: 'The build runs for an hour and then fails, always near its end.' },
  {
    name: 'retrain-cannot-build',
    symptom: 'The retrained model cannot be built, although the same notebook made both versions.',
  },
  {
    name: 'config-change-fails',
    symptom: 'A small change of the configuration fails within minutes, without any build.',
  },
  {
    name: 'start-fails-after-move',
    symptom: 'Since the storage was reorganised, no version starts, not even an old one.',
  },
  { name: 'handover-broke-updates', symptom: 'Since the model has a new owner, every update of the endpoint fails.' },
  { name: 'restarts-forever', symptom: 'The new container starts over and over and is never ready.' },
  { name: 'no-room-left', symptom: 'A larger size for the winter cannot be deployed; it fails within minutes.' },
  {
    name: 'busy-hours',
    symptom: 'From nine to five, answers are slow and a part of the calls is refused; at night all is well.',
  },
  {
    name: 'first-call-hangs',
    symptom: 'The first call after a pause hangs for minutes and often times out at the caller.',
  },
  { name: 'nightly-scores-missing', symptom: 'The nightly job has written no scores since the weekend.' },
  { name: 'partner-app-errors', symptom: "The partner's app gets errors since our last release; our own tests pass." },
  {
    name: 'support-bot-refuses',
    symptom: 'The support bot refuses customers who give their e-mail address or telephone number.',
  },
  {
    name: 'translator-stopped',
    symptom: 'The translator refuses every call as too many, though only a few people use it.',
  },
  { name: 'model-name-gone', symptom: 'Overnight the writing helper stopped working; nobody changed anything.' },
  { name: 'double-trouble', symptom: 'The larger model does not start, and the old one refuses a part of its calls.' },
];

/** Each incident has this many wordings: other texts, names and numbers for the same cause. */
export const WORDINGS = 3;
