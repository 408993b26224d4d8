/**
 * Stands between a client and a real SQS endpoint and lets chosen requests go wrong. Bodies pass unchanged: fauxqs
 * matches queue URLs exactly. Rules see an action's name and how many of its requests came before, nothing else, so a
 * test reads as "the second DeleteMessageBatch is cut".
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Exchange {
  /** `ReceiveMessage`, … */
  readonly action: string;
  /** 1 for the action's first request. */
  readonly count: number;
  readonly request: Readonly<Record<string, unknown>>;
}

export type Verdict =
  | { readonly kind: 'pass' }
  /** Answered here; SQS never sees the request. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  /** The connection ends: before SQS sees the request, after it has answered, or within its answer. */
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' | 'within' }
  /** SQS answers at once, the client gets it when the promise resolves. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }
  | { readonly kind: 'rewrite'; readonly answer: (answer: Record<string, unknown>) => unknown };

export type Rule = (exchange: Exchange) => Verdict | undefined;

const passAll: Rule = () => undefined;

export interface FaultProxy {
  readonly endpoint: string;
  /** Requests seen, by action. */
  readonly seen: ReadonlyMap<string, number>;
  /** The most requests that were under way at once. */
  readonly peak: number;
  /** Replaces the rule and forgets what was seen. Without one everything passes. */
  rule(rule?: Rule): void;
  /** Open client connections. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** An error as SQS words it in its JSON protocol. */
export function awsError(name: string, status = 400, queryName = name): Verdict {
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-query-error': `${queryName};Sender` },
    body: JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message: 'withheld by the test' }),
  };
}

export async function createFaultProxy(target: string): Promise<FaultProxy> {
  let current = passAll;
  const seen = new Map<string, number>();
  let underWay = 0;
  let peak = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    const count = (seen.get(action) ?? 0) + 1;
    seen.set(action, count);
    const verdict = current({ action, count, request: JSON.parse(body.toString() || '{}') }) ?? { kind: 'pass' };
    if (verdict.kind === 'cut' && verdict.when === 'before') return void request.socket.destroy();
    if (verdict.kind === 'answer') return void response.writeHead(verdict.status, verdict.headers).end(verdict.body);
    const answer = await forward(target, request, body);
    const headers = { 'content-type': answer.contentType };
    if (verdict.kind === 'cut' && verdict.when === 'after') return void request.socket.destroy();
    if (verdict.kind === 'cut') {
      response.writeHead(answer.status, { ...headers, 'content-length': answer.body.length });
      response.write(answer.body.subarray(0, answer.body.length >> 1), () => request.socket.destroy());
      return;
    }
    if (verdict.kind === 'hold') await verdict.until;
    const out =
      verdict.kind === 'rewrite' ? JSON.stringify(verdict.answer(JSON.parse(answer.body.toString()))) : answer.body;
    response.writeHead(answer.status, headers).end(out);
  }

  const server = http.createServer((request, response) => {
    underWay += 1;
    peak = Math.max(peak, underWay);
    response.once('close', () => (underWay -= 1));
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get peak() {
      return peak;
    },
    rule(rule = passAll) {
      current = rule;
      seen.clear();
      peak = underWay;
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(target: string, request: IncomingMessage, body: Buffer) {
  const headers = { ...request.headers, 'content-length': String(body.length) };
  const [answer] = await new Promise<[IncomingMessage]>((resolve, reject) => {
    const onward = http.request(target, { method: request.method ?? 'POST', path: request.url, headers }, (incoming) =>
      resolve([incoming]),
    );
    onward.once('error', reject).end(body);
  });
  return {
    status: answer.statusCode ?? 500,
    contentType: answer.headers['content-type'] ?? 'application/x-amz-json-1.0',
    body: await buffer(answer),
  };
}
