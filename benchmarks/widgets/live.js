// Notes in `announced` every text that appears in a live region of the page, shadow trees included.
(() => {
  const LIVE = { alert: "assertive", log: "polite", status: "polite" };
  const attachShadow = Element.prototype.attachShadow;
  window.announced = [];

  const own = (element) => element.getAttribute("aria-live") ?? LIVE[element.getAttribute("role")] ?? (element.localName === "output" ? "polite" : null);

  /** Whether words that appear in a node are read aloud: the nearest region that says so decides, and none of it may be hidden. */
  const isLive = (node) => {
    let live = null;
    for (let at = node; at; at = at.assignedSlot ?? at.parentNode ?? at.host) {
      if (!(at instanceof Element)) continue;
      if (at.getAttribute("aria-hidden") === "true" || at.inert || getComputedStyle(at).display === "none") return false;
      live ??= own(at);
    }
    return live !== null && live !== "off";
  };

  const note = (records) => {
    for (const { target, type, addedNodes } of records) {
      if (type === "characterData" && isLive(target)) window.announced.push(target.data);
      // An alert is read when it appears; any other region must have been there before its words.
      for (const node of addedNodes) {
        if (isLive(target) || (node instanceof Element && node.getAttribute("role") === "alert" && isLive(node))) {
          window.announced.push(node.textContent);
        }
      }
    }
  };

  const watch = (root) => new MutationObserver(note).observe(root, { childList: true, characterData: true, subtree: true });
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    watch(root);
    return root;
  };
  watch(document);
})();
