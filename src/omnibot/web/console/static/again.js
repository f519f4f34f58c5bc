// The page could not be shown: come up as soon as it can be.

const EVERY_MS = 2000;

async function look() {
  try {
    if ((await fetch("/readyz", { cache: "no-store" })).ok) return location.reload();
  } catch {
    // The server is away, too.
  }
  return setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
