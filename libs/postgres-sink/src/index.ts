export { createGlancer, type Glance, type Glancer, type PutAside } from './glance.ts';
export { createInspector, type Inspector, type PipelineCounts } from './inspector.ts';
export { type KeyRecord, type KeyRecords, type KeyUse, openKeyRecords } from './key-records.ts';
export { migrate, type MigrateOptions, type MigrateReport } from './migrate.ts';
export {
  createPostgresSink,
  type LedgerUpkeep,
  type LoadReport,
  type PostgresSink,
  type PostgresSinkOptions,
  type SqlCall,
} from './postgres-sink.ts';
export type { Cell, SinkBatch, SinkKey, Target, TargetColumn } from './target.ts';
export {
  openQuarantine,
  type Quarantine,
  type QuarantineEntry,
  type QuarantineFilter,
  type QuarantineStatus,
} from './quarantine.ts';
export { type ColumnCount, openRekeying, type Pair, type Rekeying, type RekeyingOptions } from './rekeying.ts';
export { type ColumnFinding, type DayAccount, openSurvey, type Survey } from './survey.ts';
export type { DayColumn } from './sql/reconcile.ts';
export type { MaskedShape } from './sql/survey.ts';
export { openTokenRows, type TokenRows, tokenRowsSql } from './token-rows.ts';
export { openVault, type Vault, type VaultLine } from './vault.ts';
export { openVaultRekeying, type VaultItem, type VaultRekeying } from './vault-rekeying.ts';
