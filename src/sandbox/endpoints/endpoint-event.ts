import type { Endpoint, EndpointEvent } from '../state/state.ts';

/** The event of a whole update. The first config is the creation of the endpoint. assumed: events-texts */
export function updateEvent(
  { name }: Pick<Endpoint, 'name'>,
  config_version: number,
  word: 'initiated' | 'succeeded' | 'failed' | 'canceled',
  timestamp: number,
): EndpointEvent {
  const first = config_version === 1;
  const message = `Endpoint ${first ? 'creation' : 'update'} ${word} for endpoint ${name}`;
  // A failed creation is an update that failed too.
  const text = word === 'failed' ? `Endpoint update failed for endpoint ${name}` : message;
  return {
    event_type: first ? 'ENDPOINT_CREATION_EVENT' : 'ENDPOINT_UPDATE_EVENT',
    message: text,
    timestamp,
    config_version,
  };
}
