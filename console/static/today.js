// The first page stays live: a new danger appears by itself, one that somebody else has acknowledged says so.
const queue = document.getElementById("queue");
const template = document.getElementById("alarm-template");
const news = document.getElementById("news");
const loaded = JSON.parse(news.dataset.loaded);
const WORDS = {
  waiting: ["person waits", "people wait"],
  requests: ["request", "requests"],
  unanswered: ["question", "questions"],
  thumbs_down: ["thumbs down", "thumbs down"],
};

const rowOf = (key) => [...queue.children].find((row) => row.dataset.key === key);

/** What a danger shows; a new row and one that is there already are filled the same way. */
function fill(row, alarm) {
  row.dataset.key = alarm.key;
  const link = row.querySelector("a");
  link.href = alarm.address;
  link.textContent = alarm.words;
  row.querySelector("[data-part=title]").textContent = alarm.title;
  row.querySelector("[data-part=channel]").textContent = alarm.channel;
  row.querySelector("[data-part=age]").textContent = `${alarm.age} ago`;
  row.querySelector("[data-part=age]").classList.toggle("late", alarm.is_late);
  const taken = row.querySelector("[data-part=taken]");
  taken.textContent = alarm.taken_by ? `${alarm.taken_by} is in the chat` : alarm.assigned_to ? `${alarm.assigned_to} looks after it` : "";
  taken.hidden = !taken.textContent;
  const form = row.querySelector("form");
  if (!form) return;
  form.action = alarm.send_to;
  form.elements.number.value = alarm.number;
  form.elements.kind.value = alarm.kind;
}

/** Say in a row that somebody takes care of it, and keep the row where it is: nothing moves below a finger. */
function settle(row, seen) {
  if (row.classList.contains("done")) return;
  const hadFocus = row.contains(document.activeElement);
  row.classList.add("done");
  const said = document.createElement("p");
  said.className = "seen";
  said.textContent = seen ? `Acknowledged by ${seen}` : "Acknowledged";
  row.querySelector("form")?.replaceWith(said);
  if (hadFocus) row.querySelector("a").focus();
}

function showQueue({ queue: alarms, seen }) {
  for (const [place, alarm] of alarms.entries()) {
    let row = rowOf(alarm.key);
    if (!row) {
      row = template.content.firstElementChild.cloneNode(true);
      queue.insertBefore(row, queue.children[place] ?? null);
      document.getElementById("announced").textContent = `New: ${alarm.title}, ${alarm.channel}`;
    }
    fill(row, alarm);
  }
  const open = new Set(alarms.map((alarm) => alarm.key));
  for (const row of queue.children) {
    if (!open.has(row.dataset.key)) settle(row, seen[row.dataset.key]);
  }
  showWhetherQuiet(alarms.length === 0);
}

function showWhetherQuiet(isQuiet) {
  document.getElementById("safety").className = isQuiet ? "card" : "card safety";
  document.getElementById("quiet").hidden = !isQuiet;
}

/** Tell what has come in since the page was loaded; what was settled meanwhile does not hide it. */
function showNews(counts) {
  const parts = [];
  for (const [name, [one, many]] of Object.entries(WORDS)) {
    if (counts[name] === undefined || loaded[name] === undefined) continue;
    loaded[name] = Math.min(loaded[name], counts[name]);
    const more = counts[name] - loaded[name];
    if (more > 0) parts.push(`${more} ${more === 1 ? one : many}`);
  }
  const text = parts.length ? `New since you loaded: ${parts.join(", ")}` : "";
  const place = news.querySelector("span");
  if (place.textContent !== text) place.textContent = text;
  news.hidden = !text;
}

document.addEventListener("counts", ({ detail }) => {
  if (detail.queue) showQueue(detail);
  showNews(detail);
});

queue.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const body = new URLSearchParams(new FormData(form));
    const reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!reply.ok) throw new Error(reply.status);
    const { seen, is_new: isNew } = await reply.json();
    settle(form.closest("li"), isNew ? seen : `${seen} – somebody was faster`);
    document.getElementById("announced").textContent = `Acknowledged by ${seen}`;
  } catch {
    button.disabled = false;
    form.submit(); // without this script the server says what is wrong
  }
});
