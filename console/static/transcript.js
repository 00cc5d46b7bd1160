// A transcript that is looked at: new messages appear, staff write to the visitor, and keys move through it.
import { poll } from "./staff.js";

const page = document.getElementById("transcript");
let hasWritten = false; // they want to see what they have just sent
const byId = (id) => document.getElementById(id);

/** Show or hide parts of the page; those that it does not have are left alone. */
function show(id, is) {
  const part = byId(id);
  if (part) part.hidden = !is;
}

/** A copy of what a template holds. */
const copyOf = (id) => byId(id).content.firstElementChild.cloneNode(true);

function make(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** A message as the server would have written it. */
function lineOf(message) {
  const line = copyOf("line-template");
  line.id = `m${message.number}`;
  line.classList.add(message.author);
  line.classList.toggle("in-danger", message.dangers.length > 0);
  line.querySelector("strong").textContent = message.who;
  const link = line.querySelector("a");
  link.href = `#${line.id}`;
  link.setAttribute("aria-label", `Link to message ${message.number}`);
  line.querySelector("time").textContent = message.when;
  line.querySelector(".words").textContent = message.text;
  const chips = line.querySelector(".chips");
  chips.append(...message.chips.map((chip) => make("li", chip.text, `chip ${chip.look}`)));
  if (!message.chips.length) chips.remove();
  const about = line.querySelector(".about");
  about.querySelector("summary").textContent = message.summary || "Details";
  for (const detail of message.details) {
    const list = document.createElement("ul");
    list.append(...detail.items.map((item) => make("li", item)));
    about.append(make("h3", detail.title), list);
  }
  if (!message.details.length) about.remove();
  return line;
}

/** Put a message of danger where nobody overlooks it. */
function warn(message, danger) {
  const entry = copyOf("danger-template");
  entry.querySelector("strong").textContent = danger.title;
  const link = entry.querySelector("a");
  link.href = `#m${message.number}`;
  link.textContent = `message ${message.number}`;
  for (const [name, value] of [["number", message.number], ["kind", danger.kind]]) {
    const field = entry.querySelector(`[name=${name}]`);
    if (field) field.value = value;
  }
  byId("alarm").querySelector("ul").append(entry);
  show("alarm", true);
}

function isAtEnd() {
  return window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 120;
}

/** Whether somebody has begun to write something that a reload would lose. */
function hasDraft() {
  return [...document.querySelectorAll("textarea, input:not([type=hidden], [type=checkbox])")].some((field) => field.value !== field.defaultValue);
}

function showTalk(news) {
  const state = byId("talk-state");
  if (!state) return;
  if (state.textContent.trim() !== news.words) state.textContent = news.words;
  show("join", !news.holder);
  show("composer", news.mine || byId("say").value !== "");
  show("leave-button", news.mine);
}

function take(news) {
  if (news.gone) {
    window.location.reload();
    return;
  }
  const last = Number(page.dataset.last);
  const fresh = news.lines.filter((message) => message.number > last);
  if (fresh.length) {
    const follow = isAtEnd() || hasWritten;
    hasWritten = false;
    byId("messages").append(...fresh.map(lineOf));
    for (const message of fresh) for (const danger of message.dangers) warn(message, danger);
    page.dataset.last = fresh[fresh.length - 1].number;
    const seen = document.querySelector("#review [name=seen]");
    if (seen) seen.value = page.dataset.last;
    if (follow) window.scrollTo({ top: document.documentElement.scrollHeight });
    show("new-below", !follow);
  }
  showTalk(news);
  if (page.dataset.revealed && !news.revealed && !hasDraft()) window.location.reload();
}

const newsAddress = () => `${page.dataset.address}/news?after=${page.dataset.last}`;

async function lookNow() {
  const reply = await fetch(newsAddress(), { headers: { Accept: "application/json" } });
  if (reply.ok) take(await reply.json());
}

/** Send a form of the chat without leaving the page; what went wrong stands above it, and nothing typed is lost. */
async function send(form, button) {
  const kind = form.getAttribute("id"); // the form has a field of that name
  const problem = byId("talk-problem");
  button.disabled = true;
  problem.hidden = true;
  try {
    const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
    const said = await reply.json().catch(() => ({}));
    if (reply.ok && kind === "composer") {
      hasWritten = true;
      form.elements.text.value = "";
      form.elements.id.value = crypto.randomUUID?.() ?? String(Math.random()).slice(2) + Date.now();
    }
    if (!reply.ok) {
      problem.textContent = said.error || "That did not work. Please try again.";
      problem.hidden = false;
    }
    await lookNow();
    if (reply.ok && kind !== "leave") byId("say").focus();
  } catch {
    problem.textContent = "The server did not answer. Please try again: a message is sent once, however often you press Send.";
    problem.hidden = false;
  }
  button.disabled = false;
}

/** Go to the message after, or before, the one that is looked at. */
function step(by) {
  const lines = [...document.querySelectorAll(".line")];
  const at = lines.findIndex((line) => line.contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : lines.length - 1) : at + by;
  lines[next]?.focus();
}

function press(event) {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
  if (!byId("keys-on").checked) return;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "n") window.location.assign(page.dataset.next);
  else if (event.key === "r") document.querySelector("#review [name=reviewed][value=yes]")?.click();
  else return;
  event.preventDefault();
}

function begin() {
  poll(newsAddress, 1, take);
  for (const id of ["join", "composer", "leave"]) {
    byId(id)?.addEventListener("submit", (event) => {
      event.preventDefault();
      send(event.target, event.submitter);
    });
  }
  byId("say")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("composer").requestSubmit(byId("composer").querySelector("button"));
  });
  byId("new-below")?.addEventListener("click", () => {
    show("new-below", false);
    document.querySelector(".line:last-child")?.focus();
  });
  window.addEventListener("scroll", () => isAtEnd() && show("new-below", false), { passive: true });
  document.addEventListener("click", (event) => {
    const about = event.target.closest?.("[data-about]");
    if (!about) return;
    event.preventDefault();
    byId("about").value = about.dataset.about;
    byId("note").focus();
  });
  show("keys", true);
  const keys = byId("keys-on");
  keys.checked = localStorage.getItem("staff.keys") !== "off";
  keys.addEventListener("change", () => localStorage.setItem("staff.keys", keys.checked ? "on" : "off"));
  document.addEventListener("keydown", press);
}

const print = byId("print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
if (page) begin();
