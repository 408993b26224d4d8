import { Fault } from '@masque/fault';
import type { SqsCall } from './timing.ts';

export interface SqsSourceOptions {
  /** SQS_QUEUE_URL. One of `queueUrl` and `queueName`, not both. */
  readonly queueUrl?: string;
  /** SQS_QUEUE_NAME: found with GetQueueUrl in the credentials' own account and region. */
  readonly queueName?: string;
  /** AWS_REGION. Default: the queue URL's own, else the SDK's chain. */
  readonly region?: string;
  /** AWS_ENDPOINT_URL_SQS, for emulators and VPC endpoints. Default: the queue URL's host, else AWS's for the region. */
  readonly endpoint?: string;
  /** SQS_PROTOCOL. `query` for LocalStack before 3.0, which answers JSON with an XML error. Default json. */
  readonly protocol?: 'json' | 'query';
  /** SQS_TRANSPORT: who makes the two calls that every message needs. Default lean, where the SDK's way is not the only one. */
  readonly transport?: 'lean' | 'sdk';
  /** How long a received message is ours, seconds. At most 43,200. */
  readonly visibilityTimeoutS: number;
  /** Long poll, seconds; 5 to 10: a poll is never aborted, so this is also what shutdown may have to wait. */
  readonly waitS: number;
  /** Connections for polls: at least the number of pollers. Default 50. */
  readonly maxSockets?: number;
  /** What an answer may take beyond its long poll, milliseconds. Default 10,000. */
  readonly answerTimeoutMs?: number;
  /** Told of the requests that are made for messages. */
  readonly onCall?: (call: SqsCall) => void;
}

/** Where to, as whom, under which names: everything a transport has to know, decided once. */
export interface Connection {
  readonly endpoint: string | undefined;
  /** Undefined: whatever the SDK's chain says. */
  readonly region: string | undefined;
  /** Undefined: the SDK's chain. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  readonly queueUrl: string | undefined;
  readonly queueName: string;
  readonly protocol: 'json' | 'query';
  /** Host and port, for messages. */
  readonly place: string;
  /** The environment variable that names the queue. */
  readonly queueSetting: 'SQS_QUEUE_URL' | 'SQS_QUEUE_NAME';
  readonly emulator: boolean;
  /** Keys from the environment, which nobody renews: an expired token stays expired. */
  readonly staticCredentials: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {Fault} `sqs_setting_invalid` */
export function connectionOf(options: SqsSourceOptions, env: Environment = process.env): Connection {
  const queueUrl = options.queueUrl === undefined ? undefined : parse(options.queueUrl, 'SQS_QUEUE_URL');
  const queueName = queueUrl === undefined ? options.queueName : queueUrl.pathname.split('/').at(-1);
  if ((options.queueUrl === undefined) === (options.queueName === undefined)) {
    throw invalid('set one of SQS_QUEUE_URL and SQS_QUEUE_NAME', 'SQS_QUEUE_URL');
  }
  const queueSetting = queueUrl === undefined ? 'SQS_QUEUE_NAME' : 'SQS_QUEUE_URL';
  if (queueName === undefined || !/^[\w-]{1,80}(\.fifo)?$/.test(queueName)) {
    throw invalid(`${queueSetting} holds no queue name`, queueSetting);
  }
  const explicit = options.endpoint === undefined ? queueUrl : parse(options.endpoint, 'AWS_ENDPOINT_URL_SQS');
  const emulator = explicit !== undefined && isEmulator(explicit);
  const region = chooseRegion(options.region, emulator, [queueUrl, explicit], env);
  const staticCredentials = (env['AWS_ACCESS_KEY_ID'] ?? '') !== '';
  return {
    // A queue URL's path is the queue, an endpoint's may be a prefix.
    endpoint: options.endpoint ?? queueUrl?.origin,
    region,
    credentials:
      emulator && !hasCredentials(env) ? { accessKeyId: 'emulator', secretAccessKey: 'emulator' } : undefined,
    queueUrl: options.queueUrl,
    queueName,
    protocol: options.protocol ?? 'json',
    place: explicit === undefined ? `sqs.${region ?? '<no region>'}.amazonaws.com` : hostAndPort(explicit),
    queueSetting,
    emulator,
    staticCredentials,
  };
}

/**
 * A loopback address, or plain HTTP to a host that is not AWS's (`http://sqs:4566` in Compose). Without credentials
 * in sight the SDK's chain would end by asking the instance metadata service, which on a laptop is a hang of seconds
 * and then a puzzling error; an emulator takes any key, so it gets one that opens nothing.
 */
function isEmulator(url: URL): boolean {
  const host = url.hostname;
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(host) || host.endsWith('.localhost')) return true;
  return url.protocol === 'http:' && !isAws(url);
}

function isAws(url: URL): boolean {
  return /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(url.hostname);
}

/** Only what was set on purpose for this process: a developer's `~/.aws` is not sent to an emulator. */
function hasCredentials(env: Environment): boolean {
  return [
    'AWS_ACCESS_KEY_ID',
    'AWS_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ].some((name) => (env[name] ?? '') !== '');
}

/** AWS's own URL names the only region whose signature it accepts, so it outranks the setting. */
function chooseRegion(
  asked: string | undefined,
  emulator: boolean,
  urls: readonly (URL | undefined)[],
  env: Environment,
): string | undefined {
  const named = urls.filter((url) => url !== undefined).map((url) => ({ url, region: regionIn(url.hostname) }));
  const fixed = named.find(({ url, region }) => isAws(url) && region !== undefined)?.region;
  const hinted = named.find(({ region }) => region !== undefined)?.region;
  if (fixed !== undefined) return fixed;
  if (asked !== undefined) return asked;
  if (!emulator) return undefined;
  return env['AWS_REGION'] || hinted || 'us-east-1';
}

/** `sqs.eu-west-1.amazonaws.com`, `vpce-1.sqs.eu-west-1.vpce.amazonaws.com`, `sqs.us-east-1.localhost`. */
function regionIn(host: string): string | undefined {
  return /(?:^|\.)sqs(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\./.exec(host)?.[1];
}

function hostAndPort(url: URL): string {
  return url.port === '' ? `${url.hostname}:${url.protocol === 'http:' ? 80 : 443}` : url.host;
}

function parse(text: string, setting: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid(`${setting} is no http or https URL`, setting);
  if (url.username !== '' || url.password !== '') throw invalid(`${setting} carries a user or password`, setting);
  return url;
}

function invalid(message: string, setting: string): Fault {
  return new Fault('sqs_setting_invalid', message, { heals: false, setting });
}
