import { z } from 'zod';

/** As much of a Kubernetes object as is looked at here. Whether the whole is one, its schema says (test/schema.ts). */
const metadataSchema = z.looseObject({
  name: z.string().optional(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

const templateSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string(), image: z.string() })) }),
});

export const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: metadataSchema,
  spec: z.looseObject({ template: templateSchema.optional() }).optional(),
});

export type Manifest = z.output<typeof manifestSchema>;

export function nameOf(manifest: Manifest): string {
  return manifest.metadata.name ?? '';
}
