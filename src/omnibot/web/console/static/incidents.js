// Incidents: one answer for many, what is new, and who belongs to it.

import { post } from "./call.js";
import { $$ } from "./page.js";
import { words } from "./words.js";

const incident = (place) => place.closest("[data-incident]").dataset.incident;

// A form says which verb it stands for; of two buttons the pressed one does.
export async function submitIncident(form, submitter) {
  const verb = submitter?.value || form.dataset.verb;
  const written = $$("textarea", form).map(({ name, value }) => [name, value.trim()]);
  const texts = Object.fromEntries(written.filter(([, text]) => text));
  if (!Object.keys(texts).length) throw new Error(words("Write the text in one language at least."));
  const title = new FormData(form).get("title");
  await post(`/incidents/${incident(form)}/${verb}`, title ? { title, texts } : { texts });
  form.reset();
}

export const joinIncidents = (form) => post(`/incidents/${incident(form)}/join`, { other: Number(new FormData(form).get("other")) });

export async function decideIncident(button) {
  const { incidentVerb: verb, conversation } = button.dataset;
  const body = conversation ? { conversation_id: Number(conversation) } : undefined;
  await post(`/incidents/${incident(button)}/${verb}`, body);
}
