// Sentences in the language of the page. The server brings along those that the scripts give to these two functions.

const table = JSON.parse(document.getElementById("words")?.textContent || "{}");

export function words(sentence, blanks = {}) {
  return fill(table[sentence] ?? sentence, blanks);
}

// Marks a sentence that is looked up later.
export function mark(sentence) {
  return sentence;
}

function fill(sentence, blanks) {
  return sentence.replace(/\{(\w+)\}/g, (blank, name) => blanks[name] ?? blank);
}
