// The editor of a destination's filter: rows come and go, the sentence follows, and the filter is tried in place.
// Without it there are two blank rows, and the trial is a page of its own.
(() => {
  const editor = document.querySelector("[data-filter]");
  if (!editor) return;
  const takes = JSON.parse(document.getElementById("filter-takes").textContent);
  const PLACEHOLDERS = { list: "Order Completed, Signed Up", number: "10.00", pattern: "^A-[0-9]+$", text: "Order Completed" };

  window.s2sRowEditor(editor, { rows: "[data-rows]", sentence: "[data-sentence]", trial: "[data-trial]" }, (part) => {
    const asked = takes[part("operator").value] || "text";
    const field = part("field").value.trim();
    const value = part("value");
    value.classList.toggle("s2s-filter-unasked", asked === "nothing");
    if (asked === "nothing") value.value = "";
    value.placeholder = PLACEHOLDERS[asked] || "";
    const list = { event: "filter-names", name: "filter-names", type: "filter-types" }[field];
    if (list && asked === "text") value.setAttribute("list", list);
    else value.removeAttribute("list");
  });
})();
