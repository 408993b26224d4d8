export { masked, type MaskedBatch, type MaskedReject } from './masked.ts';
