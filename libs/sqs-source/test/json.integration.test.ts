import { conformance } from './conformance.ts';
import { sqsEndpoint } from './test-queue.ts';

conformance('the lean transport', () => Promise.resolve({ endpoint: sqsEndpoint(), options: { transport: 'lean' } }));

conformance('the SDK and its JSON protocol', () =>
  Promise.resolve({ endpoint: sqsEndpoint(), options: { transport: 'sdk' } }),
);
