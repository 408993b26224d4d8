export { Fault, toFault, type FaultOptions } from './fault.ts';
export { backoff, retry, type BackoffOptions, type RetryOptions } from './retry.ts';
