/** @import { Overview } from '../src/overview.ts' */
import { count, duration, rate } from './numbers.js';

/** The four numbers that say whether all is well (docs/operations.md), to be read from across a room. @param {Overview} overview */
export function showVital({ sqs, arrows, latency, quarantine }) {
  const ages = arrows.flatMap(({ oldest }) => (oldest === null ? [] : [oldest]));
  set('waiting', count(sqs?.visible));
  set(
    'oldest',
    arrows.length > 0 && ages.length === 0 ? 'none' : duration(ages.length === 0 ? null : Math.max(...ages)),
  );
  set('p99', duration(latency.p99));
  set('aside', rate(quarantine.perMinute, 'min'));
}

/** @param {string} field @param {string} text */
function set(field, text) {
  const element = document.querySelector(`#vital [data-field="${field}"]`);
  if (element !== null && element.textContent !== text) element.textContent = text;
}
