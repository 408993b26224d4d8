import type { Queues } from '@masque/local-stack';
import type { Message } from './traffic.ts';

/** Sends, and remembers under which id what was sent. */
export interface Post {
  /** By message id. */
  readonly sent: ReadonlyMap<string, Message>;
  send(messages: readonly Message[]): Promise<void>;
  /** Straight to another queue. */
  sendTo(queueUrl: string, messages: readonly Message[]): Promise<string[]>;
  /** The message goes by another id from now on. */
  renamed(from: string, to: string): void;
}

export function createPost(queues: Pick<Queues, 'send'>, queueUrl: string): Post {
  const sent = new Map<string, Message>();

  async function sendTo(url: string, messages: readonly Message[]): Promise<string[]> {
    const ids = await queues.send(
      url,
      messages.map(({ body }) => body),
    );
    for (const [at, id] of ids.entries()) {
      const message = messages[at];
      if (message !== undefined) sent.set(id, message);
    }
    return ids;
  }

  return {
    sent,
    send: async (messages) => void (await sendTo(queueUrl, messages)),
    sendTo,
    renamed(from, to) {
      const message = sent.get(from);
      if (message === undefined) throw new Error(`nothing was sent under ${from}`);
      sent.delete(from);
      sent.set(to, message);
    },
  };
}
