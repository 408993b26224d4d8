import type { Arena } from './arena.ts';
import type { Arguments } from './arguments.ts';
import { masque } from './contestant.ts';
import { drain, type Drained } from './drain.ts';
import { loginMessages } from './messages.ts';

/** One drain, with so many processes of each stage. */
export interface Step {
  readonly replicas: number;
  readonly messages: number;
  readonly drained: Drained;
}

const replicaCounts = [1, 2, 4] as const;

/** More replicas on the same messages, then more messages on one replica of each. */
export async function measureScale(
  arena: Arena,
  options: Arguments,
  onStep: (step: Step) => void,
  signal: AbortSignal,
): Promise<Step[]> {
  const steps = [
    ...replicaCounts.map((replicas) => ({ replicas, messages: options.messages })),
    ...options.sizes.map((messages) => ({ replicas: 1, messages })),
  ];
  const found: Step[] = [];
  for (const { replicas, messages } of steps) {
    const contestant = masque({ extractor: replicas, masker: replicas, loader: replicas });
    const drained = await drain(arena, contestant, loginMessages(messages, options.repeat), signal);
    found.push({ replicas, messages, drained });
    onStep({ replicas, messages, drained });
  }
  return found;
}
