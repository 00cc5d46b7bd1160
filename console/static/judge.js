// The form that judges a message: choose a likely meaning, or find one by saying it in other words.
const form = document.getElementById("judge");
const select = document.getElementById("intent");
const offered = document.getElementById("offered");
const search = document.getElementById("search");
let waiting;

function choose(intent) {
  select.value = intent;
  form.querySelector("[name=right][value=no]").checked = true;
}

function offer(meanings) {
  const choices = meanings.map(({ intent, title }) => {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    label.className = "inline";
    Object.assign(radio, { type: "radio", name: "likely", value: intent });
    radio.setAttribute("form", "none");
    label.append(radio, ` ${title}`);
    return label;
  });
  offered.replaceChildren(offered.querySelector("legend"), ...choices);
}

offered.addEventListener("change", (event) => choose(event.target.value));
document.getElementById("search-label").hidden = false;
search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const asked = search.value.trim();
    if (!asked) return;
    const reply = await fetch(`${form.dataset.meanings}?q=${encodeURIComponent(asked)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (reply?.ok && asked === search.value.trim()) offer((await reply.json()).meanings);
  }, 250);
});
search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
