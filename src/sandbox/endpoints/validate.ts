import { shapeCheck } from '../check-body.ts';
import type {
  AiGateway,
  ConfigInput,
  CreateInput,
  EmailNotifications,
  RateLimit,
  Tag,
  TelemetryConfig,
} from '../state/wire-types.ts';
import * as schemas from './request-schemas.ts';

export const checkCreate = shapeCheck<CreateInput>(schemas.CREATE);
export const checkConfig = shapeCheck<ConfigInput>(schemas.CONFIG);
export const checkGateway = shapeCheck<AiGateway>(schemas.GATEWAY);
export const checkTags = shapeCheck<{ add_tags?: Tag[]; delete_tags?: string[] }>(schemas.TAGS_PATCH);
export const checkDescription = shapeCheck<{ description?: string }>(schemas.DESCRIPTION);
export const checkBudgetPolicy = shapeCheck<{ budget_policy_id?: string }>(schemas.BUDGET_POLICY);
export const checkNotifications = shapeCheck<{ email_notifications: EmailNotifications }>(schemas.NOTIFICATIONS);
export const checkTelemetry = shapeCheck<{ telemetry_config?: TelemetryConfig }>(schemas.TELEMETRY);
export const checkRateLimits = shapeCheck<{ rate_limits: RateLimit[] }>(schemas.RATE_LIMITS);
export const checkPtCreate = shapeCheck<CreateInput & { config: ConfigInput }>(schemas.PT_CREATE);
export const checkPtUpdate = shapeCheck<{ config: ConfigInput }>(schemas.PT_UPDATE);
