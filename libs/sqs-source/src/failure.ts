import { Fault } from '@masque/fault';
import type { Connection } from './connection.ts';
import { type Failure, type Kind, kinds, type KindSpec } from './failure-kind.ts';

// Names as of the JSON protocol, the query protocol (without its `AWS.SimpleQueueService.`) and the signature checks
// common to all services. Sources: SQS API Reference, "Common Errors"; client-sqs models/errors.
const kindByName = new Map<string, Kind>(
  Object.entries({
    QueueDoesNotExist: 'queue_missing',
    NonExistentQueue: 'queue_missing',
    QueueDeletedRecently: 'queue_missing',
    InvalidAddress: 'queue_missing',
    AccessDenied: 'access_denied',
    AccessDeniedException: 'access_denied',
    KmsAccessDenied: 'access_denied',
    OptInRequired: 'access_denied',
    NotAuthorized: 'access_denied',
    CredentialsProviderError: 'credentials_missing',
    TokenProviderError: 'credentials_missing',
    ProviderError: 'credentials_missing',
    MissingAuthenticationToken: 'credentials_missing',
    MissingAuthenticationTokenException: 'credentials_missing',
    InvalidClientTokenId: 'credentials_refused',
    UnrecognizedClientException: 'credentials_refused',
    SignatureDoesNotMatch: 'credentials_refused',
    InvalidSignatureException: 'credentials_refused',
    IncompleteSignature: 'credentials_refused',
    IncompleteSignatureException: 'credentials_refused',
    InvalidSecurity: 'credentials_refused',
    AuthFailure: 'credentials_refused',
    RequestExpired: 'credentials_refused',
    RequestTimeTooSkewed: 'credentials_refused',
    ExpiredToken: 'credentials_expired',
    ExpiredTokenException: 'credentials_expired',
    RequestThrottled: 'sqs_throttled',
    RequestThrottledException: 'sqs_throttled',
    Throttling: 'sqs_throttled',
    ThrottlingException: 'sqs_throttled',
    ThrottledException: 'sqs_throttled',
    TooManyRequestsException: 'sqs_throttled',
    RequestLimitExceeded: 'sqs_throttled',
    SlowDown: 'sqs_throttled',
    KmsThrottled: 'sqs_throttled',
    OverLimit: 'sqs_in_flight_limit',
    BatchRequestTooLong: 'sqs_batch_too_long',
    InternalFailure: 'sqs_failed',
    InternalError: 'sqs_failed',
    ServiceUnavailable: 'sqs_failed',
    InvalidAction: 'sqs_protocol',
    MissingAction: 'sqs_protocol',
    UnknownOperationException: 'sqs_protocol',
    TimeoutError: 'sqs_unreachable',
    RequestTimeout: 'sqs_unreachable',
    AbortError: 'sqs_call_aborted',
  } as const),
);

// Node's networking says what failed by one of these beginnings; any other code with an E is a lost connection.
const kindByErrno: readonly (readonly [RegExp, Kind])[] = [
  [/^HPE_/, 'sqs_protocol'],
  [/CERT|SIGNED|LEAF_SIGNATURE|^ERR_TLS|^ERR_SSL|^EPROTO$/, 'sqs_untrusted'],
  [/^E[A-Z_]+$/, 'sqs_unreachable'],
];

/** Turns a failed call into words of our own: no body, receipt, key or header of the call can be in them. */
export function faultOf(connection: Connection, raw: Failure): Fault {
  const errno = raw.errno === undefined ? undefined : safeName(raw.errno);
  const failure: Failure = { ...raw, name: safeName(raw.name), errno };
  const kind = kindOf(connection, failure);
  const { heals, message, setting, advice }: KindSpec = kinds[kind];
  const named = setting?.(connection, failure);
  const advised = advice?.(connection, failure);
  return new Fault(kind, message(connection, failure), {
    heals: typeof heals === 'boolean' ? heals : heals(connection),
    ...(named === undefined ? {} : { setting: named }),
    ...(advised === undefined ? {} : { advice: advised }),
    details: {
      action: failure.action,
      error: errno ?? failure.name,
      ...(failure.status === undefined ? {} : { status: failure.status }),
    },
  });
}

function kindOf({ emulator }: Connection, { name, errno = '', status, text = '' }: Failure): Kind {
  const byName = kindByName.get(name);
  if (byName !== undefined) return byName;
  const byErrno = kindByErrno.find(([pattern]) => pattern.test(errno))?.[1];
  if (byErrno !== undefined) return byErrno;
  // LocalStack before 3.0 answers JSON with status 500 and XML; a load balancer's 502 in HTML is an outage.
  if (name === 'SyntaxError' && emulator && text.includes('<?xml')) return 'sqs_protocol';
  if (status === 429) return 'sqs_throttled';
  if (status !== undefined && status >= 500) return 'sqs_failed';
  if (status === 401 || status === 403) return 'access_denied';
  // An answer without a name that SQS would give: HTML, another service, the other protocol.
  const nameless = /^(Unknown|UnknownError|NotFound|SyntaxError)$/.test(name);
  if (status !== undefined) return nameless ? 'sqs_protocol' : 'sqs_refused';
  // Thrown by the SDK before anything is sent, as plain Errors.
  if (text.startsWith('Region ')) return 'region_missing';
  return 'sqs_failed';
}

/** Names come from whatever answers, so only what looks like one is repeated. */
export function safeName(name: string): string {
  const bare = name.replace(/^(AWS\.SimpleQueueService|KMS)\./, '');
  return /^[A-Za-z][\w.]{0,59}$/.test(bare) ? bare : 'Unknown';
}
