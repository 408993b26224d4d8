export { batchIdPattern, type BatchEnvelope, batchEnvelope, newBatchId } from './batch.ts';
export {
  defineHandoff,
  type Handoff,
  type HandoffInput,
  type HandoffOutput,
  queueName,
  type ReadResult,
} from './handoff.ts';
export { isIndex, isText, isWhole, listOf } from './list.ts';
