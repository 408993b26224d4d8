export { batchIdPattern, type BatchEnvelope, batchEnvelope, newBatchId } from './batch.ts';
export { defineHandoff, type Handoff, type HandoffInput, type HandoffOutput, type ReadResult } from './handoff.ts';
