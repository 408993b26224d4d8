export { type Column, type ColumnSource, type ColumnType, isTextType, type TextType, varcharLength } from './column.ts';
export { type Conversion, type Refusal, isRefusal, refuse, versionNumber } from './conversion.ts';
export { definePipeline, type Pipeline, PipelineDefinitionError, type PipelineSpec } from './define.ts';
export { loadPipeline } from './load.ts';
export { type CanonicalForm, kidLength, type MaskSpec, rsa, type RsaBits, type RsaMask, tokenLength } from './mask.ts';
export { toTarget } from './target.ts';
export { reasonCodes, type ReasonCode } from './reason.ts';
