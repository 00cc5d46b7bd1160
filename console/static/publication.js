// Shows how far a publication is, and loads the page again once it is over.
import { poll } from "./staff.js";

const box = document.getElementById("progress");
if (box) {
  const bar = document.getElementById("bar");
  const step = document.getElementById("step");
  poll(box.dataset.address, 1, (news) => {
    if (news.over) return location.reload();
    bar.value = news.progress;
    if (step.textContent !== news.step) step.textContent = news.step;
  });
}
