/**
 * Stands between a client and a real SQS endpoint and lets chosen requests go wrong: in ways that the service has and
 * an emulator lacks. Requests pass unchanged but for what a verdict changes: fauxqs matches queue URLs exactly. Rules
 * see an action's name, its request and how many of its requests came before, so a test reads as "the second
 * DeleteMessageBatch is cut".
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createMover, type Json } from './fault-proxy-move.ts';
import { countReceives } from './fault-proxy-receives.ts';
import { createRepeater } from './fault-proxy-repeat.ts';

export interface Exchange {
  /** `ReceiveMessage`, … */
  readonly action: string;
  /** 1 for the action's first request. */
  readonly count: number;
  readonly request: Json;
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
  /** Neither passed on nor answered, until the client gives up. */
  | { readonly kind: 'hang' }
  /**
   * Chosen entries of a batch request never reach SQS, and the answer lists them as failed, or as successful all the
   * same: what a delete with an outdated receipt may do.
   */
  | { readonly kind: 'withhold'; readonly entry: (at: number) => boolean; readonly answer: 'Failed' | 'Successful' }
  /** A receive that also brings up to so many messages that were delivered before, under receipts of their own. */
  | { readonly kind: 'repeat'; readonly most: number }
  | { readonly kind: 'rewrite'; readonly answer: (answer: Record<string, unknown>) => unknown };

export type Rule = (exchange: Exchange) => Verdict | undefined;

const passAll: Rule = () => undefined;

export interface FaultProxy {
  readonly endpoint: string;
  /** Requests seen, by action. */
  readonly seen: ReadonlyMap<string, number>;
  /** The most requests that were under way at once. */
  readonly peak: number;
  /** New ids by the ids before, of messages that a StartMessageMoveTask moved: AWS gives new ones, emulators don't. */
  readonly moved: ReadonlyMap<string, string>;
  /** The receive counts that SQS has answered with, by message id; kept when the rule changes. */
  readonly receives: ReadonlyMap<string, number>;
  /** Replaces the rule and forgets what was seen. Without one everything passes. */
  rule(rule?: Rule): void;
  /** Open client connections. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

const json = 'application/x-amz-json-1.0';

/** An error as SQS words it in its JSON protocol. */
export function awsError(name: string, status = 400, queryName = name): Verdict {
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': json, 'x-amzn-query-error': `${queryName};Sender` },
    body: JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message: 'withheld by the test' }),
  };
}

export async function createFaultProxy(target: string): Promise<FaultProxy> {
  let current = passAll;
  const seen = new Map<string, number>();
  const mover = createMover(target);
  const repeater = createRepeater();
  const receives = new Map<string, number>();
  let underWay = 0;
  let peak = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await buffer(request);
    const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    const count = (seen.get(action) ?? 0) + 1;
    seen.set(action, count);
    const input = JSON.parse(sent.toString() || '{}') as Json;
    const verdict = current({ action, count, request: input }) ?? { kind: 'pass' };
    const passOn = (body: Buffer) => forward(target, request, body);
    switch (verdict.kind) {
      case 'hang':
        return;
      case 'answer':
        response.writeHead(verdict.status, verdict.headers).end(verdict.body);
        return;
      case 'withhold':
        response.writeHead(200, { 'content-type': json }).end(await withhold(input, verdict, passOn));
        return;
      case 'cut':
        if (verdict.when === 'before') return void request.socket.destroy();
        break;
      default:
    }
    if (action === 'StartMessageMoveTask') {
      response.writeHead(200, { 'content-type': json }).end(JSON.stringify(await mover.move(input)));
      return;
    }
    const answer = await passOn(repeater.withRealReceipts(sent, input));
    // Also of an answer that the client will not get: SQS has counted it.
    if (action === 'ReceiveMessage' && answer.status === 200) countReceives(receives, answer.body);
    const headers = { 'content-type': answer.contentType };
    if (verdict.kind === 'cut' && verdict.when === 'after') return void request.socket.destroy();
    if (verdict.kind === 'cut') {
      response.writeHead(answer.status, { ...headers, 'content-length': answer.body.length });
      response.write(answer.body.subarray(0, answer.body.length >> 1), () => request.socket.destroy());
      return;
    }
    if (verdict.kind === 'hold') await verdict.until;
    const most = verdict.kind === 'repeat' ? verdict.most : 0;
    const body =
      action === 'ReceiveMessage' && answer.status === 200 ? repeater.received(answer.body, input, most) : answer.body;
    const out = verdict.kind === 'rewrite' ? JSON.stringify(verdict.answer(JSON.parse(body.toString()))) : body;
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
    moved: mover.moved,
    receives,
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

type Answer = Awaited<ReturnType<typeof forward>>;

async function withhold(
  input: Json,
  { entry, answer }: Extract<Verdict, { kind: 'withhold' }>,
  passOn: (body: Buffer) => Promise<Answer>,
): Promise<string> {
  const entries = (input['Entries'] ?? []) as { readonly Id: string }[];
  const held = entries.filter((_, at) => entry(at));
  const passed = entries.filter((_, at) => !entry(at));
  const body = Buffer.from(JSON.stringify({ ...input, Entries: passed }));
  const output = passed.length === 0 ? {} : (JSON.parse((await passOn(body)).body.toString()) as Json);
  const listed = held.map(({ Id }) =>
    answer === 'Failed' ? { Id, Code: 'InternalError', SenderFault: false, Message: 'withheld by the test' } : { Id },
  );
  return JSON.stringify({ ...output, [answer]: [...((output[answer] ?? []) as unknown[]), ...listed] });
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
    contentType: answer.headers['content-type'] ?? json,
    body: await buffer(answer),
  };
}
