/** The REST modules under the names that calls read with: `endpoints.get(http, name)`. */

export type { AiGateway, Config, Endpoint, RateLimit, Route, ServedEntity } from './endpoints.ts';
export * as endpoints from './endpoints.ts';
export * as logs from './logs.ts';
export * as providerServices from './model-provider-services.ts';
export type { ModelService } from './model-services.ts';
export * as modelServices from './model-services.ts';
export * as models from './models.ts';
export * as observe from './observe.ts';
export * as permissions from './permissions.ts';
export * as principals from './principals.ts';
export * as provisioned from './provisioned.ts';
export * as query from './query.ts';
export * as secrets from './secrets.ts';
export * as serviceGrants from './service-grants.ts';
