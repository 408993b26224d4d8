export { initKeys } from './init.ts';
export { openUnmasker } from './unmasker.ts';
