/**
 * Why a message could not be loaded. Codes are stable: they are stored, counted in metrics and typed into
 * `masque quarantine`, so a code never changes its meaning and is never taken away.
 */
export const reasonCodes = {
  body_too_large: 'the body is larger than the pipeline takes',
  not_utf8: 'the body is not UTF-8 text',
  not_json: 'the body is not JSON',
  not_an_object: 'the body is JSON, but no object',
  nesting_too_deep: 'the body nests deeper than 32 levels',
  duplicate_key: 'an object names the same key twice, so its meaning depends on the parser',
  proto_key: 'an object has the key __proto__',
  wrong_kind: 'none of the record’s required fields is there: another kind of message',
  missing_field: 'a required field is missing',
  null_field: 'a field that must have a value is null',
  wrong_type: 'a field has another JSON type than the record says',
  invalid_value: 'a field breaks a rule of the record’s schema',
  nul_character: 'a text holds U+0000, which PostgreSQL’s text types cannot hold',
  lone_surrogate: 'a text holds half a surrogate pair, which no UTF-8 can hold',
  too_long: 'a value is longer than its column, or than its masking method takes',
  empty_value: 'a value to be masked is empty once trimmed',
  already_masked: 'a value to be masked is a token already',
  not_an_address: 'a value is no IPv4 or IPv6 address',
  outside_alphabet: 'a value has a character that its mask neither encrypts nor keeps',
  domain_too_small: 'a value is so short that fewer than a million like it exist, and could be found by trying',
  masked_as_itself: 'a value is one that its key happens to map to itself, so it would have been loaded unmasked',
  malformed_version: 'a version is not one to three dot-separated numbers',
  version_out_of_range: 'a part of a version is over 999, or the first over 2,146',
  out_of_range: 'a number does not fit its column',
  definition_failed: 'a transform, a check or a conversion of the pipeline’s definition threw on this message',
  refused_by_database: 'PostgreSQL refused the row; its SQLSTATE is kept',
} as const;

export type ReasonCode = keyof typeof reasonCodes;
