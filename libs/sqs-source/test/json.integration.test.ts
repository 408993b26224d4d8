import { conformance } from './conformance.ts';
import { sqsEndpoint } from './test-queue.ts';

conformance('the SDK and its JSON protocol', () => Promise.resolve({ endpoint: sqsEndpoint() }));
