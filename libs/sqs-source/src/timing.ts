/** One request that had an answer, or none. */
export interface SqsCall {
  readonly action: 'receive' | 'delete' | 'visibility';
  readonly outcome: 'ok' | 'failed';
  readonly seconds: number;
}

/** Tells of every request how long it took. A receive's time is mostly its long poll. */
export async function timed<T>(
  action: SqsCall['action'],
  onCall: ((call: SqsCall) => void) | undefined,
  call: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  let outcome: SqsCall['outcome'] = 'failed';
  try {
    const answer = await call();
    outcome = 'ok';
    return answer;
  } finally {
    onCall?.({ action, outcome, seconds: (performance.now() - began) / 1_000 });
  }
}
