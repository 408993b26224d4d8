/**
 * The message attribute that says who a message was when it was first sent. Here it is text to be carried; what it says,
 * and whether that is true, is for the masker to judge.
 */
export const originAttribute = 'masque-origin';

/** W3C Trace Context, as producers' instrumentation sends it along. */
export const traceAttribute = 'traceparent';

/** Longer is none of ours, and would only weigh on Redis. */
const longest = 256;

/** Undefined for what cannot be an origin. */
export function carriedOrigin(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= longest && /^[ -~]+$/.test(text) ? text : undefined;
}

/** Undefined for what does not have the looks of a traceparent. */
export function carriedTrace(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text) ? text : undefined;
}
