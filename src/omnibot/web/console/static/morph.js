// Makes a piece of the page equal to newer HTML and touches only what differs: focus, selection, scroll and open
// disclosures stay. Children with `data-key` or an id are the same wherever they move; what has `data-keep` is ours and
// is left alone; what has `data-rev` is marked for a second when it is new or its rev changed.

const OWN = new Set(["open", "aria-expanded"]);

// Put each element of `html` in the place of the one with the same id.
export function swap(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const focused = document.activeElement;
  for (const wanted of [...template.content.children]) {
    const current = wanted.id && document.getElementById(wanted.id);
    if (current) morph(current, wanted);
  }
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

export function morph(current, wanted) {
  if (current.dataset?.keep !== undefined) return;
  const isNews = current.dataset?.rev !== undefined && current.dataset.rev !== wanted.dataset.rev;
  copyAttributes(current, wanted);
  morphChildren(current, wanted);
  if (isNews) markNew(current);
}

function copyAttributes(current, wanted) {
  const isMarked = current.classList.contains("is-new");
  for (const { name, value } of [...wanted.attributes]) {
    if (!OWN.has(name) && current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
  for (const { name } of [...current.attributes]) {
    if (!OWN.has(name) && !wanted.hasAttribute(name)) current.removeAttribute(name);
  }
  if (isMarked) current.classList.add("is-new");
}

function morphChildren(current, wanted) {
  const known = new Map();
  for (const child of current.children) if (keyOf(child)) known.set(keyOf(child), child);
  const wantedKeys = new Set([...wanted.children].map(keyOf).filter(Boolean));
  let place = current.firstChild;
  for (const next of [...wanted.childNodes]) {
    while (place && keyOf(place) && !wantedKeys.has(keyOf(place))) place = remove(place);
    const match = matching(known, place, next);
    if (!match) {
      current.insertBefore(next, place);
      if (next.dataset?.rev !== undefined) markNew(next);
    } else {
      if (match === place) place = place.nextSibling;
      else current.insertBefore(match, place);
      update(match, next);
    }
  }
  while (place) place = remove(place);
}

function matching(known, place, next) {
  const key = keyOf(next);
  if (key) return known.get(key);
  return place && !keyOf(place) && place.nodeName === next.nodeName ? place : null;
}

function update(match, next) {
  if (match.nodeType === Node.ELEMENT_NODE) morph(match, next);
  else if (match.data !== next.data) match.data = next.data;
}

function remove(node) {
  const following = node.nextSibling;
  node.remove();
  return following;
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id : "";
}

function markNew(node) {
  node.classList.remove("is-new");
  void node.offsetWidth;
  node.classList.add("is-new");
  setTimeout(() => node.classList.remove("is-new"), 1100);
}
