import type { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Blueprint, blueprintOf } from './blueprint.ts';
import { createExchanges, type Exchanges } from './exchanges.ts';
import { createSigner, type Signer } from './signature.ts';

export interface LeanCall {
  /** The answer's JSON, or undefined where the SDK had better make the call: whatever went wrong, and why, is its to say. */
  post(input: object, timeoutMs: number): Promise<unknown>;
  close(): void;
}

export interface LeanCallOptions {
  /** Whose settings, credentials and clock are used. */
  readonly client: SQSClient;
  /** Any request of the action. */
  readonly example: () => ReceiveMessageCommand | DeleteMessageBatchCommand;
  readonly maxSockets: number;
}

interface Way {
  readonly blueprint: Blueprint;
  readonly signer: Signer;
  readonly exchanges: Exchanges;
}

/** One action of SQS's JSON protocol over connections that are kept. */
export function createLeanCall({ client, example, maxSockets }: LeanCallOptions): LeanCall {
  let finding: Promise<Way | undefined> | undefined;
  let exchanges: Exchanges | undefined;
  let isClosed = false;

  async function findWay(): Promise<Way | undefined> {
    const blueprint = await blueprintOf(client, example());
    if (blueprint === undefined) return undefined;
    exchanges = createExchanges({ origin: blueprint.origin, maxSockets });
    return { blueprint, signer: createSigner(blueprint), exchanges };
  }

  return {
    async post(input, timeoutMs) {
      finding ??= findWay().catch(() => {
        // No credentials yet, say. Looked for again at the next call.
        finding = undefined;
        return undefined;
      });
      const way = await finding;
      if (way === undefined || isClosed) return undefined;
      const { config } = client;
      const credentials = await config.credentials().catch(() => undefined);
      if (credentials === undefined) return undefined;
      const body = JSON.stringify(input);
      const headers = way.signer.sign(body, credentials, Date.now() + config.systemClockOffset);
      const request = write(way.blueprint, headers, body);
      return request === undefined ? undefined : parse(await way.exchanges.post(request, timeoutMs));
    },
    close() {
      isClosed = true;
      exchanges?.close();
    },
  };
}

/** Undefined where a header holds what HTTP would take for its end, or what needs an encoding. */
function write({ path, userAgent }: Blueprint, signed: readonly string[], body: string): string | undefined {
  const headers = [...signed, 'user-agent', userAgent, 'connection', 'keep-alive'];
  if (!/^[ -~]*$/.test(headers.join(''))) return undefined;
  let head = `POST ${path} HTTP/1.1\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${head}\r\n${body}`;
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
