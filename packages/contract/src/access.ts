import { z } from 'zod';
import { grantRole } from './instruments.ts';
import { text } from './text.ts';

const reason = text().trim().max(2_000);

export const accessRequestInput = z.object({ instrumentId: z.uuid(), reason: reason.default('') });
export type AccessRequestInput = z.infer<typeof accessRequestInput>;

export const accessRequestStatus = z.enum(['pending', 'approved', 'denied']);
export type AccessRequestStatus = z.infer<typeof accessRequestStatus>;

/** A member's wish to use an instrument, and what became of it. */
export const accessRequest = z.object({
  id: z.uuid(),
  userId: z.uuid(),
  userEmail: z.string(),
  userName: z.string(),
  instrumentId: z.uuid(),
  reason: z.string(),
  status: accessRequestStatus,
  /** E-mail of whoever decided. */
  reviewer: z.string().nullable(),
  reviewedAt: z.date().nullable(),
  createdAt: z.date(),
});
export type AccessRequest = z.infer<typeof accessRequest>;

/** Newest first; what still waits for a decision unless another status is asked for. */
export const accessRequestsInput = z.object({
  instrumentId: z.uuid(),
  status: accessRequestStatus.default('pending'),
});
export type AccessRequestsInput = z.infer<typeof accessRequestsInput>;

export const accessDecisionInput = z.object({ instrumentId: z.uuid(), requestId: z.uuid() });
export type AccessDecisionInput = z.infer<typeof accessDecisionInput>;

export const grantStatus = z.enum(['active', 'revoked']);
export type GrantStatus = z.infer<typeof grantStatus>;

/** Who may use an instrument, and as what. */
export const grant = z.object({
  id: z.uuid(),
  userId: z.uuid(),
  userEmail: z.string(),
  instrumentId: z.uuid(),
  role: grantRole,
  status: grantStatus,
  createdAt: z.date(),
});
export type Grant = z.infer<typeof grant>;

export const grantInput = z.object({
  instrumentId: z.uuid(),
  email: text().trim().min(3).max(320),
  role: grantRole.default('trained_user'),
});
export type GrantInput = z.infer<typeof grantInput>;

export const grantChangeInput = z.object({
  instrumentId: z.uuid(),
  grantId: z.uuid(),
  role: grantRole.optional(),
  status: grantStatus.optional(),
});
export type GrantChangeInput = z.infer<typeof grantChangeInput>;

export const auditAction = z.enum([
  'access.requested',
  'access.approved',
  'access.denied',
  'grant.created',
  'grant.changed',
  'grant.revoked',
  'user.invited',
  'user.joined',
  'user.changed',
  'user.disabled',
  'user.enabled',
  'token.created',
  'token.revoked',
  'instrument.created',
  'instrument.changed',
  'instrument.deleted',
]);
export type AuditAction = z.infer<typeof auditAction>;

/** One act that changed who may do what: who did it, to whom, on which instrument, when. */
export const auditEntry = z.object({
  id: z.uuid(),
  action: auditAction,
  /** E-mail of whoever acted; null for the operator's command line. */
  actor: z.string().nullable(),
  /** E-mail of whom it is about; null where it is an instrument. */
  subject: z.string().nullable(),
  instrumentId: z.uuid().nullable(),
  /** What else tells it, for instance the role before and after. No secrets. */
  details: z.record(z.string(), z.string()),
  createdAt: z.date(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** Newest first, of everything or of one instrument. */
export const auditListInput = z.object({
  instrumentId: z.uuid().optional(),
  page: z.int().min(1).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});
export type AuditListInput = z.infer<typeof auditListInput>;
export const auditList = z.object({ items: z.array(auditEntry), total: z.int() });
export type AuditList = z.infer<typeof auditList>;
