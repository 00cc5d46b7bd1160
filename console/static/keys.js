// Keys for lists: j and k move through what is marked as an item, / goes to the search, ? tells the keys.
// They are quiet while somebody types, and can be switched off where they get in the way of speech or other software.
const SWITCH = "staff-keys";
const help = document.getElementById("keys");
const toggle = document.getElementById("keys-on");
const isOn = () => localStorage.getItem(SWITCH) !== "off";

function move(step) {
  const items = [...document.querySelectorAll("[data-item]")].filter((item) => item.offsetParent !== null);
  const here = items.indexOf(document.activeElement);
  const next = items[here < 0 ? (step > 0 ? 0 : items.length - 1) : here + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const types = event.target.closest("input, textarea, select, [contenteditable], dialog");
  const act = KEYS[event.key];
  if (!act || types || event.ctrlKey || event.metaKey || event.altKey || !isOn()) return;
  event.preventDefault();
  act();
});

for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = false;
  button.addEventListener("click", () => help?.showModal());
}
if (toggle) {
  toggle.checked = isOn();
  toggle.addEventListener("change", () => localStorage.setItem(SWITCH, toggle.checked ? "on" : "off"));
}
