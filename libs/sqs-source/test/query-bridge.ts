/**
 * LocalStack of 2022 in front of a real queue: takes SQS's query protocol only and answers in XML. JSON requests get
 * the status 500 with XML that LocalStack gives them (localstack/localstack#9610). Forms as in the SQS API
 * Reference's query examples.
 */
import http, { type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Json = Readonly<Record<string, unknown>>;

const listNames: Readonly<Record<string, string>> = {
  AttributeName: 'AttributeNames',
  MessageAttributeName: 'MessageAttributeNames',
  SendMessageBatchRequestEntry: 'Entries',
  DeleteMessageBatchRequestEntry: 'Entries',
  ChangeMessageVisibilityBatchRequestEntry: 'Entries',
};
const numbers = new Set(['VisibilityTimeout', 'MaxNumberOfMessages', 'WaitTimeSeconds']);

export async function createQueryBridge(target: string): Promise<{ endpoint: string; close(): Promise<void> }> {
  const server = http.createServer((request, response) => {
    void answer(target, request).then(({ status, xml }) =>
      response.writeHead(status, { 'content-type': 'text/xml' }).end(`<?xml version='1.0' encoding='utf-8'?>\n${xml}`),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(target: string, request: IncomingMessage): Promise<{ status: number; xml: string }> {
  const body = await text(request);
  if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') {
    return error(
      500,
      'InternalError',
      'Operation detection failed. Missing Action in request for query-protocol service',
    );
  }
  const { Action, Version: _, ...input } = toJson(new URLSearchParams(body));
  const action = String(Action);
  const answered = await fetch(target, {
    method: 'POST',
    headers: { 'x-amz-target': `AmazonSQS.${action}`, 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(input),
  });
  const output = (await answered.json()) as Json;
  if (!answered.ok) {
    const code = answered.headers.get('x-amzn-query-error')?.split(';')[0] ?? 'InternalError';
    return error(answered.status, code, 'said by the emulator');
  }
  const result = `<${action}Result>${resultXml(action, output)}</${action}Result>`;
  return {
    status: 200,
    xml: `<${action}Response>${result}<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`,
  };
}

/** `Entries.1.Id=0` and `AttributeName.1=All` become lists; unknown lists are dropped, as an old server does. */
function toJson(form: URLSearchParams): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [key, given] of form) {
    const [name = '', place, field] = key.split('.');
    const value = numbers.has(field ?? name) ? Number(given) : given;
    const list = listNames[name];
    if (place === undefined) json[name] = value;
    if (place === undefined || list === undefined) continue;
    const items = (json[list] ??= []) as unknown[];
    const at = Number(place) - 1;
    if (field === 'MessageAttribute') continue;
    items[at] = field === undefined ? value : { ...(items[at] as Json | undefined), [field]: value };
  }
  addMessageAttributes(form, json['Entries'] as Record<string, unknown>[] | undefined);
  return json;
}

/** `….1.MessageAttribute.1.Name=n`, `….1.MessageAttribute.1.Value.StringValue=v` become `{ n: { StringValue: v } }`. */
function addMessageAttributes(form: URLSearchParams, entries: readonly Record<string, unknown>[] | undefined): void {
  for (const [key, name] of form) {
    const [, prefix = '', place] = /^(\w+\.(\d+)\.MessageAttribute\.\d+)\.Name$/.exec(key) ?? [];
    const entry = entries?.[Number(place) - 1];
    if (entry === undefined) continue;
    const value = ['DataType', 'StringValue'].map((part) => [part, form.get(`${prefix}.Value.${part}`)]);
    entry['MessageAttributes'] = { ...(entry['MessageAttributes'] as Json), [name]: Object.fromEntries(value) };
  }
}

function resultXml(action: string, output: Json): string {
  const many = (name: string, items: unknown) =>
    ((items ?? []) as Json[]).map((item) => tag(name, fields(item))).join('');
  const { Messages, Successful, Failed, ...rest } = output;
  return [
    fields(rest),
    many('Message', Messages),
    many(`${action}ResultEntry`, Successful),
    many('BatchResultErrorEntry', Failed),
  ].join('');
}

function fields(item: Json): string {
  return Object.entries(item)
    .map(([name, value]) =>
      name === 'Attributes'
        ? Object.entries(value as Json)
            .map(([Name, Value]) => tag('Attribute', fields({ Name, Value })))
            .join('')
        : name === 'MessageAttributes'
          ? Object.entries(value as Json)
              .map(([Name, Value]) => tag('MessageAttribute', fields({ Name }) + tag('Value', fields(Value as Json))))
              .join('')
          : tag(name, escape(String(value))),
    )
    .join('');
}

function tag(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

function escape(raw: string): string {
  return raw.replaceAll(/[&<>"\r]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

function error(status: number, code: string, message: string): { status: number; xml: string } {
  return {
    status,
    xml: tag('ErrorResponse', tag('Error', tag('Code', code) + tag('Message', message) + tag('Type', 'Sender'))),
  };
}
