// The editor of a destination's mapping changes: rows come and go, the sentences follow, and an event is previewed in
// place. Without it there are two blank rows, and the preview is a page of its own.
(() => {
  const editor = document.querySelector("[data-mapping]");
  if (!editor) return;
  const names = { rows: "[data-mapping-rows]", sentence: "[data-mapping-sentence]", trial: "[data-mapping-trial]" };
  const PLACEHOLDERS = {
    reads: "$properties.coupon_code",
    text: "web",
    template: "shop-{$properties.order_id}",
    made: '{"first": ["$properties.a", "$properties.b"], "as": "lower"}',
  };

  window.s2sRowEditor(editor, names, (part) => {
    const gets = part("gets").value;
    const value = part("value");
    value.classList.toggle("s2s-filter-unasked", gets === "out");
    if (gets === "out") value.value = "";
    value.placeholder = PLACEHOLDERS[gets] || "";
    if (gets === "reads") value.setAttribute("list", "mapping-paths");
    else value.removeAttribute("list");
    const field = part("field");
    if (part("sent").value) field.removeAttribute("list");
    else field.setAttribute("list", "mapping-fields");
  });
})();
