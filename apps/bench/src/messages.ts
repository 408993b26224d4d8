import { sampleMessages } from '@masque/pipelines/user-logins.sample';

export interface Messages {
  readonly count: number;
  /** Of which so many are no logins. */
  readonly bad: number;
  chunks(): Iterable<string[]>;
}

const chunk = 5_000;

/** The shipped sample's logins, one in a hundred of them none; the same for the same numbers. */
export function loginMessages(count: number, repeat: number): Messages {
  return {
    count,
    // The sample's forty-second of every hundred.
    bad: Math.floor((count + 58) / 100),
    *chunks() {
      let bodies: string[] = [];
      for (const body of sampleMessages({ count, repeat })) {
        bodies.push(body);
        if (bodies.length < chunk) continue;
        yield bodies;
        bodies = [];
      }
      if (bodies.length > 0) yield bodies;
    },
  };
}
