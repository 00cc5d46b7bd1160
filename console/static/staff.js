// What makes the console's pages live; each works without it, by loading the page again.
const staff = document.body.dataset.staff;
const SECOND = 1000;
const COUNTS_EVERY = 1; // seconds: what is new is seen within two
const NOT_LIVE = "The server does not answer: this page may not show what is new. It tries again by itself.";
const title = document.title;

/** Say that what the page shows may be old; empty: it is not. */
function tellLost(words) {
  const place = document.getElementById("lost");
  if (place && place.textContent !== words) place.textContent = words;
  if (place) place.hidden = !words;
}

/**
 * Ask for something again and again; slower while the server does not answer.
 * A page that nobody looks at asks for nothing, unless it may have to call somebody (`always`).
 */
export function poll(address, seconds, take, always = false) {
  let wait = seconds;
  const look = async () => {
    if (always || !document.hidden) {
      try {
        const reply = await fetch(typeof address === "function" ? address() : address, { headers: { Accept: "application/json" } });
        if (reply.status === 401) return tellLost("Your session is over, and this page is not live any more. Load it again to sign in.");
        if (reply.ok) take(await reply.json());
        wait = reply.ok ? seconds : Math.min(30, wait * 2);
        tellLost(reply.ok ? "" : NOT_LIVE);
      } catch {
        wait = Math.min(30, wait * 2);
        tellLost(NOT_LIVE);
      }
    }
    setTimeout(look, wait * SECOND);
  };
  setTimeout(look, wait * SECOND);
}

/** Show counts wherever the page has a place for them, and how many are in danger in the browser's tab. */
function showCounts(counts) {
  for (const [name, value] of Object.entries(counts)) {
    for (const place of document.querySelectorAll(`[data-count="${name}"]`)) {
      place.textContent = value >= 100 ? "99+" : value;
      place.hidden = !value && place.classList.contains("badge");
    }
  }
  document.title = counts.dangers ? `(${counts.dangers >= 100 ? "99+" : counts.dangers}) ${title}` : title;
  document.dispatchEvent(new CustomEvent("counts", { detail: counts }));
}

if (document.querySelector("[data-count]")) {
  const asked = document.querySelector("[data-counts]")?.dataset.counts;
  const address = `${staff}/counts${asked ? `?${asked}` : ""}`;
  const headers = { Accept: "application/json" };
  fetch(address, { headers }).then((reply) => reply.ok && reply.json()).then((counts) => counts && showCounts(counts)).catch(() => {});
  poll(address, COUNTS_EVERY, showCounts, true);
}

// A button that must not be pressed by mistake asks once more.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
