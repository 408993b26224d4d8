import http from 'node:http';
import https from 'node:https';
import type { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Blueprint, blueprintOf } from './blueprint.ts';
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
  readonly request: typeof http.request;
  readonly agent: http.Agent;
}

const connectTimeoutMs = 5_000;

/** One action of SQS's JSON protocol over connections that are kept. */
export function createLeanCall({ client, example, maxSockets }: LeanCallOptions): LeanCall {
  const underWay = new Set<http.ClientRequest>();
  let finding: Promise<Way | undefined> | undefined;
  let agent: http.Agent | undefined;
  let isClosed = false;

  async function findWay(): Promise<Way | undefined> {
    const blueprint = await blueprintOf(client, example());
    if (blueprint === undefined) return undefined;
    const { Agent, request } = blueprint.origin.protocol === 'https:' ? https : http;
    agent = new Agent({ keepAlive: true, maxSockets });
    return { blueprint, signer: createSigner(blueprint), request, agent };
  }

  function send({ blueprint, request, agent }: Way, headers: string[], body: Buffer, timeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const sent = request({
      method: 'POST',
      agent,
      host: blueprint.origin.hostname.replace(/^\[|\]$/g, ''),
      port: blueprint.origin.port,
      path: blueprint.path,
      headers,
    });
    const timer = setTimeout(() => sent.destroy(), timeoutMs);
    const end = (answer?: unknown): void => {
      clearTimeout(timer);
      underWay.delete(sent);
      resolve(answer);
    };
    underWay.add(sent);
    sent.on('socket', (socket) => {
      if (!socket.connecting) return;
      const late = setTimeout(() => sent.destroy(), connectTimeoutMs);
      socket.once('connect', () => clearTimeout(late)).once('close', () => clearTimeout(late));
    });
    sent.on('error', () => end());
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => end());
      // Also when it was cut off, without an 'end'.
      response.on('close', () => end(response.complete && response.statusCode === 200 ? parse(chunks) : undefined));
    });
    sent.end(body);
    return promise;
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
      const body = Buffer.from(JSON.stringify(input));
      const credentials = await config.credentials().catch(() => undefined);
      if (credentials === undefined) return undefined;
      const headers = way.signer.sign(body, credentials, Date.now() + config.systemClockOffset);
      headers.push('user-agent', way.blueprint.userAgent);
      return await send(way, headers, body, timeoutMs);
    },
    close() {
      isClosed = true;
      agent?.destroy();
      for (const request of underWay) request.destroy();
    },
  };
}

function parse(chunks: readonly Buffer[]): unknown {
  try {
    return JSON.parse((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString() ?? '');
  } catch {
    return undefined;
  }
}
