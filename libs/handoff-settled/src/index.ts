export { settled, type SettledBatch } from './settled.ts';
