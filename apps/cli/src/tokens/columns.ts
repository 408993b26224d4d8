import { Fault } from '@masque/fault';
import type { Pipeline } from '@masque/pipeline';

/** Columns of the target that take a masked field's tokens. @throws {Fault} `field_not_masked` */
export function columnsOf({ name, target }: Pipeline, field: string): string[] {
  const fed = target.columns.flatMap((column) =>
    column.source.kind === 'token' ? [{ column: column.name, of: column.source.field }] : [],
  );
  const columns = fed.filter(({ of }) => of === field).map(({ column }) => column);
  if (columns.length > 0) return columns;
  throw new Fault('field_not_masked', `the pipeline ${name} masks no field "${field}"`, {
    heals: false,
    setting: '--field',
    advice: `It masks ${[...new Set(fed.map(({ of }) => of))].join(', ')}.`,
    details: { field },
  });
}
