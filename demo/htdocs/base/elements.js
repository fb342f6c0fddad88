// SPDX-License-Identifier: Apache-2.0
// The page's elements. Whatever came from the network gets in through textContent only, so that no
// nick, topic or message can become markup; the site's Content-Security-Policy allows nothing else.

export const byId = (id) => document.getElementById(id);

export function element(name, className, ...content) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...content);
  return node;
}

export function button(className, text, onClick) {
  const node = element("button", className, text);
  node.type = "button";
  node.addEventListener("click", onClick);
  return node;
}
