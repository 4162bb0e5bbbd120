// Puts a trailer's player where its link stands, on a press alone: before it, nothing is asked of the other site.
for (const link of document.querySelectorAll("a[data-player]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab is meant
    event.preventDefault();
    const place = link.closest(".trailer");
    const frame = document.createElement("iframe");
    frame.src = link.dataset.player;
    frame.title = link.dataset.title;
    frame.allow = "fullscreen";
    frame.referrerPolicy = "strict-origin"; // its players refuse a page without a name; the path stays ours
    place.classList.add("plays");
    place.tabIndex = -1;
    place.replaceChildren(frame);
    place.focus(); // not the frame: as long as the keyboard is here, Shift three times still leaves
  });
}
