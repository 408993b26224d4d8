export { type Column, type ColumnSource, type ColumnType, isTextType, type TextType, varcharLength } from './column.ts';
export { type Conversion, type Refusal, isRefusal, refuse, versionNumber } from './conversion.ts';
export { definePipeline, type Pipeline, PipelineDefinitionError, type PipelineSpec } from './define.ts';
export { loadPipeline } from './load.ts';
export {
  type CanonicalForm,
  ff1,
  type Ff1Mask,
  type Ff1Options,
  hmac,
  type HmacMask,
  ipcryptDet,
  type IpcryptMask,
  ipcryptPfx,
  type MaskSpec,
  redact,
  type RedactMask,
  rsa,
  type RsaBits,
  type RsaMask,
  siv,
  type SivMask,
  truncate,
  type TruncateMask,
  vault,
  type VaultMask,
} from './mask.ts';
export { textColumns, toTarget } from './target.ts';
export { reasonCodes, type ReasonCode } from './reason.ts';
export { kidLength, sivBytes, tokenLength } from './token-length.ts';
