/** @import { ArrowView, Overview, StageView } from '../src/overview.ts' */
import { count, duration, rate, words } from './numbers.js';

/** What a stage takes from, and so has a backlog of. @type {Readonly<Record<string, string>>} */
const takesFrom = { masker: 'extracted', loader: 'masked' };

/** Fills in the templates of the picture; called once. */
export function preparePicture() {
  for (const [selector, id] of /** @type {const} */ ([
    ['[data-stage]', 'stage'],
    ['[data-arrow]', 'arrow'],
  ])) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
    for (const node of document.querySelectorAll(selector)) node.append(template.content.cloneNode(true));
  }
  // SQS does not tell ages; what there is to know of the extractor is whether it receives.
  const oldest = node('[data-stage="extractor"] [data-field="oldest"]');
  oldest.dataset['field'] = 'gate';
  /** @type {HTMLElement} */ (oldest.previousElementSibling).textContent = 'gate';
}

/** @param {Overview} overview */
export function showPicture(overview) {
  const { sqs, postgres, redis, stages, arrows, quarantine } = overview;
  const worst = worstBy(overview);

  const source = node('#sqs');
  set(source, 'visible', count(sqs?.visible));
  set(source, 'inFlight', count(sqs?.inFlight));
  set(source, 'delayed', count(sqs?.delayed));
  mark(
    source,
    sqs === null ? 'off' : (worst.get('sqs') ?? 'ok'),
    sqs === null ? 'no extractor tells' : 'counts from SQS',
  );

  for (const stage of stages) {
    const box = node(`[data-stage="${stage.name}"]`);
    const arrow = arrows.find(({ name }) => name === takesFrom[stage.name]);
    set(box, 'rate', rate(stage.rate, 's'));
    set(box, 'retries', rate(stage.retries, 'min'));
    set(box, 'backlog', stage.name === 'extractor' ? messages(sqs?.visible) : batches(arrow));
    if (stage.name === 'extractor') set(box, 'gate', gateOf(stage));
    else set(box, 'oldest', oldestOf(arrow));
    mark(box, redis.code === 'ok' ? levelOf(stage, worst) : 'off', stateOf(stage, redis.code));
  }

  for (const name of ['extracted', 'masked', 'settled']) {
    const arrow = arrows.find((each) => each.name === name);
    const box = node(`[data-arrow="${name}"]`);
    const depth = arrow && arrow.waiting + arrow.active + arrow.delayed;
    set(box, 'depth', count(depth));
    set(box, 'unit', depth === 1 ? 'batch' : 'batches');
    set(box, 'parts', arrow === undefined ? '' : partsOf(arrow));
    box.dataset['level'] = arrow === undefined ? 'off' : (worst.get(name) ?? 'ok');
    box.dataset['moving'] = String((depth ?? 0) > 0);
  }

  const target = node('#postgres');
  const loader = stages.find(({ name }) => name === 'loader');
  const held = Object.values(quarantine.held).reduce((sum, each) => sum + each, 0);
  set(target, 'rate', rate(loader?.rate, 's'));
  set(target, 'aside', rate(quarantine.perMinute, 'min'));
  set(target, 'held', postgres.code === 'ok' ? `${count(held)}${quarantine.heldIsCut ? '+' : ''}` : '–');
  mark(target, postgres.code === 'ok' ? 'ok' : 'amber', postgres.code === 'ok' ? 'answers' : words(postgres.code));
}

/** @param {Overview} overview @returns {Map<string, 'red' | 'amber'>} */
function worstBy({ conditions }) {
  const worst = new Map();
  for (const { about, level } of conditions) if (worst.get(about) !== 'red') worst.set(about, level);
  return worst;
}

/** @param {StageView} stage @param {Map<string, 'red' | 'amber'>} worst */
function levelOf({ name }, worst) {
  return worst.get(name) ?? 'ok';
}

/** @param {StageView} stage @param {string} redis */
function stateOf({ replicas, working, others }, redis) {
  if (redis !== 'ok') return 'unknown';
  if (replicas === 0) return 'none is running';
  const rest = Object.keys(others).map((code) => words(code.replace(/^gate_/, 'held back: ')));
  return [working === replicas && replicas === 1 ? '1 working' : `${working} of ${replicas} working`, ...rest].join(
    ', ',
  );
}

/** Whether the extractor receives. @param {StageView} stage */
function gateOf({ replicas, working, others }) {
  if (replicas === 0) return '–';
  if (working === replicas) return 'open';
  return Object.keys(others).some((code) => code.startsWith('gate_')) && working === 0 ? 'shut' : `open at ${working}`;
}

/** @param {ArrowView | undefined} arrow */
function oldestOf(arrow) {
  if (arrow === undefined) return '–';
  return arrow.oldest === null ? 'none' : duration(arrow.oldest);
}

/** @param {ArrowView} arrow */
function partsOf({ waiting, active, delayed, oldest }) {
  const parts = [`${count(waiting)} waiting`, `${count(active)} in hand`];
  if (delayed > 0) parts.push(`${count(delayed)} delayed`);
  if (oldest !== null) parts.push(`oldest ${duration(oldest)}`);
  // A line ends between parts, not within one.
  return parts.map((part) => part.replaceAll(' ', '\u00a0')).join(' · ');
}

/** @param {ArrowView | undefined} arrow */
function batches(arrow) {
  if (arrow === undefined) return '–';
  const depth = arrow.waiting + arrow.active + arrow.delayed;
  return `${count(depth)} ${depth === 1 ? 'batch' : 'batches'}`;
}

/** @param {number | undefined} visible */
function messages(visible) {
  return visible === undefined ? '–' : `${count(visible)} msg`;
}

/** @param {string} selector */
function node(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}

/** @param {HTMLElement} box @param {string} field @param {string} text */
function set(box, field, text) {
  const element = box.querySelector(`[data-field="${field}"]`);
  if (element !== null && element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} box @param {string} level @param {string} state */
function mark(box, level, state) {
  box.querySelector('.dot')?.setAttribute('data-level', level);
  box.dataset['level'] = level;
  set(box, 'state', state);
}
