export { type AuditEntry, recordAudit, verifyAudit } from './audit.ts';
export { initKeys } from './init.ts';
export { openQuarantineOpener } from './quarantine.ts';
export { openUnmasker } from './unmasker.ts';
