// The keys on the screen: they type into the field of their [data-typing] that was touched last, or its first.

let touched = null;

const fields = (part) => [...part.querySelectorAll("input:not([type=hidden]):not([type=radio])")];

// Touching a key must not take the caret away from the field.
document.addEventListener("pointerdown", (event) => {
  if (event.target.closest("[data-key]")) event.preventDefault();
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches("input")) touched = event.target;
});

export function press(button) {
  const part = button.closest("[data-typing]");
  const field = fields(part).includes(touched) ? touched : fields(part)[0];
  const key = button.dataset.key;
  if (key === "clear") field.value = "";
  else if (key === "delete") field.value = field.value.slice(0, -1);
  else if (field.maxLength < 0 || field.value.length < field.maxLength) field.value += key;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
