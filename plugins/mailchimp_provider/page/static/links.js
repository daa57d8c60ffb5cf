// Airflow shows this page in a frame that may not lead its own window elsewhere. The window itself
// may: so links out of the page are followed there.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[target]");
  if (!link || window.parent === window || event.defaultPrevented) return;
  let outside;
  try {
    outside = window.parent.document.createElement("a");
  } catch {
    return; // a frame of another site
  }
  event.preventDefault();
  outside.href = link.href;
  if (link.target === "_blank" || event.ctrlKey || event.metaKey) outside.target = "_blank";
  outside.rel = "noopener";
  outside.click();
});
