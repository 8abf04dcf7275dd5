/**
 * Elements without a framework. Text only ever enters through text nodes and attributes, never as markup:
 * names and messages come from other people's systems.
 */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An HTML element. Keys of `options` that begin with `on` are listeners, the others attributes (`true` = present).
 * @param {string} tag
 * @param {Record<string, any>} [options]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, options = {}, ...children) {
  return /** @type {HTMLElement} */ (furnish(document.createElement(tag), options, children));
}

/**
 * An SVG element, otherwise as `h`.
 * @param {string} tag
 * @param {Record<string, any>} [options]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, options = {}, ...children) {
  return /** @type {SVGElement} */ (furnish(document.createElementNS(SVG, tag), options, children));
}

/**
 * @param {Element} element
 * @param {Record<string, any>} options
 * @param {Child[]} children
 */
function furnish(element, options, children) {
  for (const [key, value] of Object.entries(options)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else attribute(element, key, value);
  }
  element.append(...children.filter(present));
  return element;
}

/**
 * @param {Child} child
 * @returns {child is Node | string}
 */
function present(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

/**
 * Set an attribute if it differs; null, undefined and false remove it.
 * @param {Element} element
 * @param {string} name
 * @param {any} value
 */
export function attribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else {
    const wanted = value === true ? "" : String(value);
    if (element.getAttribute(name) !== wanted) element.setAttribute(name, wanted);
  }
}

/**
 * Replace an element's text if it differs, so that selections and screen readers are left in peace.
 * @param {Element} element
 * @param {string} words
 */
export function text(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/**
 * Words for screen readers alone.
 * @param {string} words
 */
export function unseen(words) {
  return h("span", { class: "unseen" }, words);
}
