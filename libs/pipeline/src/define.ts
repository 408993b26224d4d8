import type { z } from 'zod';
import { checkSpec, PipelineDefinitionError } from './check.ts';
import type { Column, ColumnSource, Holds, HoldsAttribute, MessageAttribute, TextType } from './column.ts';
import type { Conversion } from './conversion.ts';
import type { LooseColumn } from './loose-spec.ts';
import type { MaskSpec } from './mask.ts';

export { PipelineDefinitionError };

/** A plain column: a field that is not masked, of a type that holds it, or a conversion whose result it holds. */
type FieldColumn<Rec, Masked> = {
  [F in Exclude<keyof Rec, Masked> & string]: Without<'token' | 'message'> & { readonly from: F } & (
      | (Without<'as'> & { readonly type: Holds<Rec[F]> })
      | Converted<NonNullable<Rec[F]>>
    );
}[Exclude<keyof Rec, Masked> & string];

/** Distributes over what a conversion can give, so that `as: versionNumber` asks for a number's column. */
type Converted<In> =
  | { readonly type: Holds<string>; readonly as: Conversion<In, string> }
  | { readonly type: Holds<number>; readonly as: Conversion<In, number> }
  | { readonly type: Holds<boolean>; readonly as: Conversion<In, boolean> };

/** The token of a masked field. */
type TokenColumn<Masked> = Without<'from' | 'as' | 'message'> & {
  readonly type: TextType;
  readonly token: Masked & string;
};

type MessageColumn = Without<'from' | 'as' | 'token'> &
  { [A in MessageAttribute]: { readonly type: HoldsAttribute<A>; readonly message: A } }[MessageAttribute];

/** A union takes what any of its members takes, so each says what the others have and it has not. */
type Without<Keys extends string> = { readonly [K in Keys]?: never };

type ColumnSpec<Rec, Masked> = FieldColumn<Rec, Masked> | TokenColumn<Masked> | MessageColumn;

/**
 * A pipeline as its author writes it. The types refuse a mask or a column that names no field, a mask of what is no
 * text, a plain column of a masked field, and a column type that does not hold its value; `definePipeline` refuses the
 * same at start, for authors who run no compiler.
 */
export interface PipelineSpec<Shape extends z.ZodRawShape, Masked extends keyof Shape & string> {
  /** Lower case, digits and dashes; names the queues on Redis, the metrics' label and the ledger's entries. */
  readonly name: string;
  /** The SQS queue's name, used when neither SQS_QUEUE_URL nor SQS_QUEUE_NAME is set. */
  readonly source: { readonly queue: string };
  /** The largest body taken, in bytes of UTF-8. Default 262,144, SQS's own limit until 2025. */
  readonly bodyMaxBytes?: number;
  readonly record: z.ZodObject<Shape>;
  /** By field, which is a text: a value of any other JSON type would have to be spelled first. */
  readonly mask: { readonly [F in Masked]: z.output<Shape[F]> extends string | null | undefined ? MaskSpec : never };
  readonly target: {
    /** `table` or `schema.table`, found by the connection's search_path when unqualified. */
    readonly table: string;
    readonly columns: { readonly [column: string]: ColumnSpec<z.output<z.ZodObject<Shape>>, NoInfer<Masked>> };
  };
}

/** A pipeline as the stages read it: the same facts, checked and flat. */
export interface Pipeline {
  readonly name: string;
  readonly source: { readonly queue: string };
  readonly bodyMaxBytes: number;
  readonly record: z.ZodObject;
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly target: { readonly table: string; readonly columns: readonly Column[] };
}

/** Marks a definition across copies of this package: an image's bundle and a mounted pipeline each have their own. */
export const pipelineMark: unique symbol = Symbol.for('masque.pipeline') as never;

const defaultBodyMaxBytes = 262_144;

/**
 * Checks a definition and makes it what the stages run on.
 * @throws {PipelineDefinitionError} naming every fault found.
 */
export function definePipeline<const Shape extends z.ZodRawShape, const Masked extends keyof Shape & string>(
  spec: PipelineSpec<Shape, Masked>,
): Pipeline {
  const loose: unknown = spec;
  checkSpec(loose);
  const pipeline: Pipeline = {
    name: loose.name,
    source: loose.source,
    bodyMaxBytes: loose.bodyMaxBytes ?? defaultBodyMaxBytes,
    record: loose.record,
    mask: loose.mask,
    target: {
      table: loose.target.table,
      columns: Object.entries(loose.target.columns).map(([name, column]) => ({
        name,
        type: column.type,
        source: toSource(column),
      })),
    },
  };
  return Object.freeze(Object.defineProperty(pipeline, pipelineMark, { value: true }));
}

function toSource(column: LooseColumn): ColumnSource {
  if (column.token !== undefined) return { kind: 'token', field: column.token };
  if (column.message !== undefined) return { kind: 'message', attribute: column.message };
  const field = column.from ?? '';
  return column.as === undefined ? { kind: 'field', field } : { kind: 'field', field, as: column.as };
}
