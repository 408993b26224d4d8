export { extracted, type ExtractedBatch } from './extracted.ts';
