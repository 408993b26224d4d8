export { extracted, type ExtractedBatch, sealContext } from './extracted.ts';
