export { type AuditEntry, recordAudit, verifyAudit } from './audit.ts';
export { type CustodianKeys, openCustodianKeys } from './custodian-keys.ts';
export { initKeys } from './init.ts';
export { openOriginKeys } from './origins.ts';
export { openQuarantineOpener } from './quarantine.ts';
export { openTranslator } from './translator.ts';
export { openUnmasker } from './unmasker.ts';
export type { OriginKeys, Translator, Unmasked } from '@masque/masking';
