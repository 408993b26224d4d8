export { batchIdPattern, type BatchEnvelope, batchEnvelope, newBatchId } from './batch.ts';
export {
  defineHandoff,
  type Handoff,
  type HandoffInput,
  type HandoffOutput,
  queueName,
  type ReadResult,
} from './handoff.ts';
export { type Freight, freightId, type Wire } from './freight.ts';
export { isIndex, isText, isWhole, listOf } from './list.ts';
export { isPacked, packBase64, type Packed, packedLength, packTexts, pickPacked, unpackTexts } from './packed.ts';
