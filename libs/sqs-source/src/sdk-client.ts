import { type BatchResultErrorEntry, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { AwsQueryProtocol } from '@aws-sdk/core/protocols';
import { type Fault, toFault } from '@masque/fault';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Connection } from './connection.ts';
import { faultOf } from './failure.ts';
import type { EntryFailure } from './transport.ts';

export interface ClientOptions {
  readonly maxSockets: number;
  /** From the first byte sent to the first received. */
  readonly answerTimeoutMs: number;
  /** The longest silence on an open connection. */
  readonly silenceMs: number;
  /** Tries per call, the first included. Few: callers have back-offs of their own. */
  readonly attempts: number;
}

/** One client, one pool of connections. Building one sends nothing. */
export function createSdkClient(connection: Connection, options: ClientOptions): SQSClient {
  const pool = { keepAlive: true, maxSockets: options.maxSockets };
  const handler = new NodeHttpHandler({
    httpAgent: pool,
    httpsAgent: pool,
    connectionTimeout: 5_000,
    requestTimeout: options.answerTimeoutMs,
    // Without it a timeout is a warning on the console and the call goes on waiting.
    throwOnRequestTimeout: true,
    socketTimeout: options.silenceMs,
  });
  refuseOnceDestroyed(handler);
  const config: SQSClientConfig = {
    // The endpoint below already is the queue URL's where that matters; the SDK would say so on the console.
    useQueueUrlAsEndpoint: false,
    // Checking a received body's MD5 costs a fifth of the receive; TLS and TCP already guard the bytes.
    md5: false,
    maxAttempts: options.attempts,
    retryMode: 'standard',
    requestHandler: handler,
    ...(connection.endpoint === undefined ? {} : { endpoint: connection.endpoint }),
    ...(connection.region === undefined ? {} : { region: connection.region }),
    ...(connection.credentials === undefined ? {} : { credentials: connection.credentials }),
    ...(connection.protocol === 'query' ? { protocol: AwsQueryProtocol } : {}),
  };
  return new SQSClient(config);
}

/** The SDK answers a destroyed connection with a try on a new one, so a long poll would outlive its source. */
function refuseOnceDestroyed(handler: NodeHttpHandler): void {
  const destroy = handler.destroy.bind(handler);
  handler.destroy = () => {
    handler.handle = () => Promise.reject(Object.assign(new Error('closed'), { name: 'AbortError' }));
    destroy();
  };
}

/** Runs one call of the SDK; what it throws leaves as a Fault. */
export async function called<T>(connection: Connection, action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw sdkFault(connection, action, error);
  }
}

interface SdkError {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function sdkFault(connection: Connection, action: string, error: unknown): Fault {
  if (!(error instanceof Error)) return toFault(error);
  const { code, $metadata } = error as SdkError;
  const errno = typeof code === 'string' ? code : undefined;
  const status = $metadata?.httpStatusCode;
  // A defect, ours or the SDK's: no waiting heals it.
  if (errno === undefined && status === undefined && /^(Type|Range|Reference)Error$/.test(error.name))
    return toFault(error);
  return faultOf(connection, { action, name: error.name, text: error.message, errno, status });
}

export function readFailures(failed: readonly BatchResultErrorEntry[] = []): EntryFailure[] {
  return failed.map(({ Id, Code, SenderFault }) => ({
    index: Number(Id),
    code: Code ?? 'Unknown',
    senderFault: SenderFault ?? false,
  }));
}
