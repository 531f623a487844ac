// A press made before the page's modules have come is kept and made again then: no press, and nothing typed, is lost.
(() => {
  const kept = new Set();
  const keep = (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    kept.add(button);
  };
  addEventListener("click", keep, true);
  addEventListener("DOMContentLoaded", () => {
    removeEventListener("click", keep, true);
    for (const button of kept) if (button.isConnected) button.click();
  });
})();
