export { type AuditEntry, recordAudit, verifyAudit } from './audit.ts';
export { initKeys } from './init.ts';
export { openOriginKeys } from './origins.ts';
export { openQuarantineOpener } from './quarantine.ts';
export { openUnmasker } from './unmasker.ts';
export type { OriginKeys } from '@masque/masking';
