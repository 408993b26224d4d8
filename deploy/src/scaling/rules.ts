/** What KEDA and the autoscaler are told, read from the manifests, so that what is played here is what is applied. */
import { z } from 'zod';
import { type Manifest, nameOf } from '../manifest.ts';

export type Stage = 'extractor' | 'masker' | 'loader';

const digits = z.string().regex(/^\d+$/).transform(Number);

const triggerSchema = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('aws-sqs-queue'),
    metadata: z.looseObject({ queueLength: digits, scaleOnInFlight: z.enum(['true', 'false']) }),
  }),
  z.looseObject({ type: z.literal('redis'), metadata: z.looseObject({ listName: z.string(), listLength: digits }) }),
]);

const directionSchema = z.strictObject({
  stabilizationWindowSeconds: z.int(),
  selectPolicy: z.literal('Max'),
  policies: z.array(
    z.strictObject({ type: z.enum(['Percent', 'Pods']), value: z.int().positive(), periodSeconds: z.int().positive() }),
  ),
});

const specSchema = z.looseObject({
  minReplicaCount: z.literal(0),
  maxReplicaCount: z.int().positive(),
  pollingInterval: z.int().positive(),
  cooldownPeriod: z.int(),
  triggers: z.array(triggerSchema),
  advanced: z.strictObject({
    horizontalPodAutoscalerConfig: z.strictObject({
      behavior: z.strictObject({ scaleUp: directionSchema, scaleDown: directionSchema }),
    }),
  }),
});

export type Direction = z.output<typeof directionSchema>;
export type Trigger = z.output<typeof triggerSchema>;

export interface Rules {
  readonly maxReplicas: number;
  /** Seconds between looks while there is no replica. */
  readonly pollingIntervalS: number;
  /** Seconds without work before the last replica goes. */
  readonly cooldownS: number;
  /** The first counts replicas, the others keep the last one. */
  readonly triggers: readonly Trigger[];
  readonly up: Direction;
  readonly down: Direction;
}

export function readRules(manifests: readonly Manifest[]): Readonly<Record<Stage, Rules>> {
  const of = (stage: Stage): Rules => {
    const scaled = manifests.find((each) => each.kind === 'ScaledObject' && nameOf(each) === stage);
    const spec = specSchema.parse(scaled?.spec);
    const { scaleUp: up, scaleDown: down } = spec.advanced.horizontalPodAutoscalerConfig.behavior;
    return {
      maxReplicas: spec.maxReplicaCount,
      pollingIntervalS: spec.pollingInterval,
      cooldownS: spec.cooldownPeriod,
      triggers: spec.triggers,
      up,
      down,
    };
  };
  return { extractor: of('extractor'), masker: of('masker'), loader: of('loader') };
}

/** What a trigger wants of each replica: messages, or batches. */
export function targetOf(trigger: Trigger): number {
  return trigger.type === 'redis' ? trigger.metadata.listLength : trigger.metadata.queueLength;
}
