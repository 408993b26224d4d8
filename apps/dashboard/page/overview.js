/** @import { Overview } from '../src/overview.ts' */
/** @import { Point } from '../src/history.ts' */
import { createCharts } from './charts.js';
import { showConditions } from './conditions.js';
import { clock } from './numbers.js';
import { preparePicture, showPicture } from './picture.js';
import { showQuarantine } from './quarantine.js';
import { showVital } from './vital.js';

/** As many as the server keeps. */
const pointsMax = 720;
/** Looks come each second; after so many without one what is shown is old. */
const staleMs = 5_000;

preparePicture();
const charts = createCharts();
/** @type {Point[]} */
let points = [];
let heard = Date.now();
let lastAt = 0;

const source = new EventSource('/live');
/** @template T @param {string} event @param {(value: T) => void} handle */
function on(event, handle) {
  source.addEventListener(event, ({ data }) => handle(JSON.parse(data)));
}
on('history', (/** @type {Point[]} */ value) => {
  points = value;
  charts.show(points);
});
on('point', (/** @type {Point} */ value) => {
  points = [...points, value].slice(-pointsMax);
  charts.show(points);
});
on('overview', (/** @type {Overview} */ overview) => {
  heard = Date.now();
  lastAt = overview.at;
  /** @type {HTMLElement} */ (document.getElementById('pipeline')).textContent = overview.pipeline;
  showConditions(overview);
  showVital(overview);
  showPicture(overview);
  showQuarantine(overview);
  link();
});
source.addEventListener('error', () => {
  // Refused for good: the session is over, and the page leads to the log-in.
  if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3_000);
  link();
});
setInterval(link, 1_000);

/** Is what is shown what is? */
function link() {
  const isStale = Date.now() - heard > staleMs || source.readyState !== EventSource.OPEN;
  const [level, text] = isStale
    ? ['red', lastAt === 0 ? 'connecting' : `no connection; as of ${clock(lastAt)}`]
    : ['ok', 'live'];
  const box = /** @type {HTMLElement} */ (document.getElementById('link'));
  const dot = /** @type {HTMLElement} */ (box.querySelector('.dot'));
  dot.dataset['level'] = level;
  document.body.classList.toggle('stale', isStale && lastAt > 0);
  const words = /** @type {HTMLElement} */ (document.getElementById('link-words'));
  if (words.textContent !== text) words.textContent = text;
}
