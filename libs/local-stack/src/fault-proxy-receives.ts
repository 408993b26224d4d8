interface Message {
  readonly MessageId: string;
  readonly Attributes?: { readonly ApproximateReceiveCount?: string };
}

/** Notes how often SQS has handed out each message of a receive's answer, as SQS itself counts. */
export function countReceives(receives: Map<string, number>, answer: Buffer): void {
  const { Messages = [] } = JSON.parse(answer.toString()) as { readonly Messages?: readonly Message[] };
  for (const { MessageId, Attributes } of Messages)
    receives.set(MessageId, Math.max(receives.get(MessageId) ?? 0, Number(Attributes?.ApproximateReceiveCount ?? 1)));
}
