import { expect, test } from 'vitest';
import { readRedrive } from '../src/attributes.ts';

const arn = 'arn:aws:sqs:eu-west-1:123456789012:dead';

test.each([
  [`{"deadLetterTargetArn":"${arn}","maxReceiveCount":10}`, { deadLetterArn: arn, maxReceiveCount: 10 }],
  [`{"maxReceiveCount":"3", "deadLetterTargetArn": "${arn}"}`, { deadLetterArn: arn, maxReceiveCount: 3 }],
  [undefined, { deadLetterArn: undefined, maxReceiveCount: undefined }],
  ['', { deadLetterArn: undefined, maxReceiveCount: undefined }],
  ['no policy', { deadLetterArn: undefined, maxReceiveCount: undefined }],
])('a redrive policy: %s', (policy, expected) => {
  expect(readRedrive(policy)).toEqual(expected);
});
