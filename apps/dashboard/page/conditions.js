/** @import { Overview } from '../src/overview.ts' */

/** @type {string} */
let shown = '';

/**
 * What is not as it should be. Screen readers are told of changes, so it is drawn anew only when a condition came,
 * went or changed its words but for numbers.
 * @param {Overview} overview
 */
export function showConditions({ conditions }) {
  const reds = conditions.filter(({ level }) => level === 'red').length;
  const ambers = conditions.length - reds;
  const title =
    reds > 0 ? 'Messages do not get through' : ambers > 0 ? 'Running, with something to see to' : 'All is well';
  const heading = /** @type {HTMLElement} */ (document.getElementById('state'));
  if (heading.textContent !== title) heading.textContent = title;
  heading.dataset['level'] = reds > 0 ? 'red' : ambers > 0 ? 'amber' : 'ok';
  document.title = reds > 0 ? `(${reds}) Masque` : 'Masque';

  const list = /** @type {HTMLElement} */ (document.getElementById('conditions'));
  const key = conditions.map(({ code, about, level }) => `${level} ${about} ${code}`).join('\n');
  if (key === shown) {
    for (const [at, { title: text }] of conditions.entries()) {
      const element = list.children[at]?.querySelector('h2');
      if (element && element.textContent !== text) element.textContent = text;
    }
    return;
  }
  shown = key;
  list.replaceChildren(
    ...conditions.map(({ level, title: text, advice }) => {
      const item = document.createElement('li');
      item.dataset['level'] = level;
      const head = document.createElement('h2');
      head.textContent = text;
      const body = document.createElement('p');
      body.append(...withCode(advice));
      item.append(head, body);
      return item;
    }),
  );
}

/** Words between backticks are commands and names. @param {string} text */
function withCode(text) {
  return text.split('`').map((part, at) => {
    if (at % 2 === 0) return document.createTextNode(part);
    const code = document.createElement('code');
    code.textContent = part;
    return code;
  });
}
