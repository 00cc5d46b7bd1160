// The list says when there is something new in it; it moves only when it is asked to.
const news = document.getElementById("news");

document.addEventListener("counts", ({ detail }) => {
  if (!detail.news) return;
  const many = detail.news >= 50 ? "50 or more conversations have" : detail.news === 1 ? "1 conversation has" : `${detail.news} conversations have`;
  const text = `${many} something new since you loaded`;
  const place = news.querySelector("span");
  if (place.textContent !== text) place.textContent = text;
  news.hidden = false;
});
