// What makes the console's pages live; each works without it, by loading the page again.
const staff = document.body.dataset.staff;
const SECOND = 1000;

/** Ask for something again and again, as long as the page is looked at; slower while the server does not answer. */
export function poll(address, seconds, take) {
  let wait = seconds;
  const look = async () => {
    if (!document.hidden) {
      try {
        const reply = await fetch(typeof address === "function" ? address() : address, { headers: { Accept: "application/json" } });
        if (reply.status === 401) return;
        if (reply.ok) take(await reply.json());
        wait = reply.ok ? seconds : Math.min(30, wait * 2);
      } catch {
        wait = Math.min(30, wait * 2);
      }
    }
    setTimeout(look, wait * SECOND);
  };
  setTimeout(look, wait * SECOND);
}

/** Show counts wherever the page has a place for them. */
function showCounts(counts) {
  for (const [name, value] of Object.entries(counts)) {
    for (const place of document.querySelectorAll(`[data-count="${name}"]`)) {
      place.textContent = value;
      place.hidden = !value && place.classList.contains("badge");
    }
  }
  document.dispatchEvent(new CustomEvent("counts", { detail: counts }));
}

if (document.querySelector("[data-count]")) {
  const look = () => fetch(`${staff}/counts`).then((reply) => reply.ok && reply.json()).then((counts) => counts && showCounts(counts)).catch(() => {});
  look();
  poll(`${staff}/counts`, 2, showCounts);
}

// A button that must not be pressed by mistake asks once more.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
