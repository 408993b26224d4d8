import type { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Repeated } from './signature.ts';

/** What a request of one action is like, but for its body, its time and its signature. */
export interface Blueprint extends Repeated {
  readonly origin: URL;
  /** Not signed, as proxies may change it. */
  readonly userAgent: string;
}

type HotCommand = ReceiveMessageCommand | DeleteMessageBatchCommand;

interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Made anew for each request, or only there to count the SDK's own retries. */
const ofOneRequest = new Set([
  'authorization',
  'content-length',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'amz-sdk-invocation-id',
  'amz-sdk-request',
]);

/**
 * Lets the SDK make and sign one request that is never sent, and reads from it all that its settings decide: endpoint
 * (AWS_ENDPOINT_URL, FIPS, dual stack, profiles), region, service, headers. So a setting that the SDK honours is honoured
 * without being known here. Undefined where the request is not of the kind that is signed here: a bearer token,
 * Signature Version 4A, the query protocol, a header that means something to somebody else.
 */
export async function blueprintOf(client: SQSClient, command: HotCommand): Promise<Blueprint | undefined> {
  let made: SdkRequest | undefined;
  // Either will do: what differs between the two is of no account here.
  const example = command as ReceiveMessageCommand;
  example.middlewareStack.add(
    () => (args) => {
      made = args.request as SdkRequest;
      return Promise.resolve({ response: undefined, output: { $metadata: {} } });
    },
    { step: 'deserialize', priority: 'high', name: 'masqueBlueprint' },
  );
  await client.send(example);
  return made === undefined ? undefined : read(made);
}

function read({ method, protocol, hostname, port, path, query = {}, headers }: SdkRequest): Blueprint | undefined {
  const [, region, service, names = ''] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), /.exec(
      headers['authorization'] ?? '',
    ) ?? [];
  if (region === undefined || service === undefined) return undefined;
  if (method !== 'POST' || Object.keys(query).length > 0 || !isPlain(path)) return undefined;
  if (headers['content-type'] !== 'application/x-amz-json-1.0') return undefined;
  const signed = new Set(names.split(';'));
  const others = Object.keys(headers).filter((name) => !signed.has(name) && !ofOneRequest.has(name));
  if (others.some((name) => name !== 'user-agent')) return undefined;
  return {
    origin: new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`),
    path,
    headers: Object.fromEntries(
      Object.entries(headers).filter(([name]) => signed.has(name) && !ofOneRequest.has(name)),
    ),
    userAgent: headers['user-agent'] ?? '',
    region,
    service,
  };
}

/** A path that Signature Version 4 takes as it is: nothing to encode, no dots to follow, no empty part. */
function isPlain(path: string): boolean {
  return /^\/[\w~-][\w~/-]*$|^\/$/.test(path) && !path.includes('//');
}
