export { sampleMessages, type SampleOptions } from './user-logins.sample.ts';
